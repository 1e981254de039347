import { type JsonDocument, MAX_DOCUMENT_LENGTH, parseDocument } from './json.ts';
import { badFile, type OnBytes, readUtf8, type SourceFile } from './source.ts';

/**
 * Reads the objects of one JSON array, one at a time, however long the array is.
 * @throws AppError BAD_INPUT for what is not an array of objects, with line and column
 */
export async function* readJsonArray(file: SourceFile, onBytes: OnBytes): AsyncGenerator<JsonDocument> {
  const splitter = new ArraySplitter(file);
  for await (const piece of readUtf8(file, onBytes)) yield* splitter.split(piece.toString('utf8'));
  splitter.end();
}

/** Finds where each object of an array begins and ends: brackets outside strings are counted, nothing else is read. */
class ArraySplitter {
  readonly #file: SourceFile;
  #state: 'before' | 'between' | 'object' | 'string' | 'escape' | 'after' = 'before';
  #depth = 0;
  #line = 1;
  #column = 0;
  #start = { line: 1, column: 1 };
  /** Text of an object that began in an earlier piece. */
  #pending = '';

  constructor(file: SourceFile) {
    this.#file = file;
  }

  *split(text: string): Generator<JsonDocument> {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const character = text[i]!;
      if (character === '\n') {
        this.#line++;
        this.#column = 0;
      } else this.#column++;
      const wasInside = this.#isInside;
      this.#step(character);
      if (!wasInside && this.#isInside) {
        from = i;
        this.#start = { line: this.#line, column: this.#column };
      } else if (wasInside && !this.#isInside) {
        yield parseDocument(this.#file, this.#pending + text.slice(from, i + 1), this.#start);
        this.#pending = '';
      }
    }
    if (this.#isInside) this.#pending += text.slice(from);
    if (this.#pending.length > MAX_DOCUMENT_LENGTH)
      throw this.#fail(`an object is longer than ${MAX_DOCUMENT_LENGTH} characters`);
  }

  end(): void {
    if (this.#state !== 'after') throw this.#fail('the list ends too early: was the file cut short?');
  }

  get #isInside(): boolean {
    return this.#depth > 0;
  }

  #step(character: string): void {
    switch (this.#state) {
      case 'string':
        if (character === '\\') this.#state = 'escape';
        else if (character === '"') this.#state = 'object';
        return;
      case 'escape':
        this.#state = 'string';
        return;
      case 'object':
        if (character === '"') this.#state = 'string';
        else if (character === '{' || character === '[') this.#depth++;
        else if (character === '}' || character === ']') this.#depth--;
        if (this.#depth === 0) this.#state = 'between';
        return;
      default:
        this.#stepOutside(character);
    }
  }

  #stepOutside(character: string): void {
    const isSpace = ' \t\r\n'.includes(character);
    if (isSpace || (character === ',' && this.#state === 'between')) return;
    if (character === '[' && this.#state === 'before') this.#state = 'between';
    else if (character === ']' && this.#state === 'between') this.#state = 'after';
    else if (character === '{' && this.#state === 'between') {
      this.#state = 'object';
      this.#depth = 1;
    } else throw this.#fail('one list of objects is expected: [{…}, {…}]');
  }

  #fail(what: string): Error {
    return badFile(`${this.#file.name}, line ${this.#line}, column ${this.#column}`, what);
  }
}
