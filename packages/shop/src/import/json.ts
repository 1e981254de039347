import { badFile, type OnBytes, readUtf8, type SourceFile } from './source.ts';

export const MAX_DOCUMENT_LENGTH = 1_048_576;

export interface JsonDocument {
  readonly line: number;
  /** As it stands in the file. */
  readonly text: string;
  readonly value: unknown;
}

/**
 * Reads JSON documents, one a line; empty lines are passed over.
 * @throws AppError BAD_INPUT for a line that is not JSON or too long, with line and column
 */
export async function* readJsonLines(file: SourceFile, onBytes: OnBytes): AsyncGenerator<JsonDocument> {
  let line = 0;
  for await (const text of readLines(file, onBytes)) {
    line++;
    if (text.trim() !== '') yield parseDocument(file, text, { line, column: 1 });
  }
}

/**
 * Lines of a text file, without their ends.
 * @throws AppError BAD_INPUT for one that is longer than a mebibyte of characters
 */
export async function* readLines(file: SourceFile, onBytes: OnBytes): AsyncGenerator<string> {
  let rest = '';
  let line = 0;
  for await (const piece of readUtf8(file, onBytes)) {
    const lines = (rest + piece.toString('utf8')).split('\n');
    rest = lines.pop()!;
    for (const text of lines) {
      line++;
      yield text.endsWith('\r') ? text.slice(0, -1) : text;
    }
    if (rest.length > MAX_DOCUMENT_LENGTH)
      throw badFile(`${file.name}, line ${line + 1}`, `is longer than ${MAX_DOCUMENT_LENGTH} characters`);
  }
  if (rest !== '') yield rest;
}

/** @throws AppError BAD_INPUT with the line and column in the file where the JSON is broken */
export function parseDocument(file: SourceFile, text: string, start: { line: number; column: number }): JsonDocument {
  try {
    return { line: start.line, text, value: JSON.parse(text) };
  } catch (error) {
    // The engine's own message quotes the text, which may name a person: only its position is used.
    const message = String(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    const offset = position ? Number(position) : message.includes('Unexpected end') ? text.length : 0;
    const before = text.slice(0, offset).split('\n');
    const at = before.length === 1 ? start.column + offset : before.at(-1)!.length + 1;
    throw badFile(`${file.name}, line ${start.line + before.length - 1}, column ${at}`, 'is not valid JSON');
  }
}
