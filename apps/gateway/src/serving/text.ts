const MIN_STEM_LENGTH = 4;

/**
 * Splits text into lower-case words without accents, English plurals cut, single letters left out (digits stay).
 * The same for titles and for what a shopper types.
 */
export function tokenize(text: string): string[] {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return (words ?? []).filter((word) => word.length > 1 || /\p{N}|[^\p{ASCII}]/u.test(word)).map(cutPlural);
}

function cutPlural(word: string): string {
  if (word.length < MIN_STEM_LENGTH || !word.endsWith('s') || word.endsWith('ss')) return word;
  return word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.slice(0, -1);
}

/** Numbers strings in the order in which they come; never forgets one. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();

  get size(): number {
    return this.#ids.size;
  }

  idOf(term: string): number {
    let id = this.#ids.get(term);
    if (id === undefined) this.#ids.set(term, (id = this.#ids.size));
    return id;
  }

  find(term: string): number | undefined {
    return this.#ids.get(term);
  }
}
