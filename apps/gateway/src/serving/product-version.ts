import { sortableDecimal } from './decimals.ts';
import { tokenize, type Vocabulary } from './text.ts';
import type { CatalogueProduct } from './types.ts';

/** Terms of a product and how much each says. Parallel arrays. */
export interface TermVector {
  readonly terms: readonly number[];
  readonly weights: readonly number[];
}

/** A product as it stood from one moment to the next, with everything ranking needs worked out once. */
export interface ProductVersion {
  readonly product: CatalogueProduct;
  readonly isDeleted: boolean;
  /** May be recommended: visible, in stock, not deleted. */
  readonly isServable: boolean;
  /** When it was released, else created. Milliseconds since 1970. */
  readonly freshAtMs: number;
  readonly sortablePrice: string | null;
  /** Title, categories, brand and price bucket: what makes products alike. */
  readonly content: TermVector;
  /** Words a shopper may search for. */
  readonly words: TermVector;
  readonly facets: Facets;
}

/** What diversity compares, as numbers that are equal or not; -1 = none. */
export interface Facets {
  /** Category paths from the leaf up: its own, its parent's, its grandparent's. */
  readonly leaf: number;
  readonly parent: number;
  readonly grandparent: number;
  readonly brand: number;
  /** Similarity hash of the title: alike titles differ in few of the 32 bits. */
  readonly titleHash: number;
}

export interface ProductFacts {
  readonly product: CatalogueProduct;
  readonly isDeleted: boolean;
  /** Milliseconds since 1970. */
  readonly releasedAtMs: number | null;
}

const TITLE_WEIGHT = 1;
const BRAND_WEIGHT = 0.8;
const CATEGORY_WEIGHT = 0.8;
const PRICE_WEIGHT = 0.4;
const BRAND_WORD_WEIGHT = 1;
const CATEGORY_WORD_WEIGHT = 0.5;

/**
 * @param vocabulary of the whole catalogue; new terms are added
 * @param before the version this one follows: its terms are kept where nothing that they come from changed
 */
export function describeProduct(facts: ProductFacts, vocabulary: Vocabulary, before?: ProductVersion): ProductVersion {
  const { product, isDeleted } = facts;
  const isSameContent = before !== undefined && hasSameContent(before.product, product);
  const titleWords = isSameContent ? [] : tokenize(product.title);
  return {
    product,
    isDeleted,
    isServable: !isDeleted && !product.isHidden && product.isAvailable,
    freshAtMs: facts.releasedAtMs ?? product.createdAt,
    sortablePrice: product.price === null ? null : sortableDecimal(product.price),
    content: isSameContent ? before.content : describeContent(product, titleWords, vocabulary),
    words: isSameContent ? before.words : describeWords(product, titleWords, vocabulary),
    facets: isSameContent ? before.facets : describeFacets(product, titleWords, vocabulary),
  };
}

/** True when both give the same terms. */
export function hasSameContent(left: CatalogueProduct, right: CatalogueProduct): boolean {
  return (
    left.title === right.title &&
    left.brand === right.brand &&
    left.price === right.price &&
    left.categories.length === right.categories.length &&
    left.categories.every((category, index) => category === right.categories[index])
  );
}

function describeContent(product: CatalogueProduct, titleWords: readonly string[], vocabulary: Vocabulary): TermVector {
  const collector = new TermCollector(vocabulary);
  for (const word of titleWords) collector.add(`word ${word}`, TITLE_WEIGHT);
  for (const path of categoryPaths(product)) collector.add(path, CATEGORY_WEIGHT);
  if (product.brand !== null) collector.add(`brand ${product.brand}`, BRAND_WEIGHT);
  const bucket = priceBucket(product.price);
  if (bucket !== null) collector.add(`price ${bucket}`, PRICE_WEIGHT);
  return collector;
}

function describeWords(product: CatalogueProduct, titleWords: readonly string[], vocabulary: Vocabulary): TermVector {
  const collector = new TermCollector(vocabulary);
  for (const word of titleWords) collector.add(`word ${word}`, TITLE_WEIGHT);
  for (const word of tokenize(product.brand ?? '')) collector.add(`word ${word}`, BRAND_WORD_WEIGHT);
  for (const category of product.categories)
    for (const word of tokenize(category)) collector.add(`word ${word}`, CATEGORY_WORD_WEIGHT);
  return collector;
}

function describeFacets(product: CatalogueProduct, titleWords: readonly string[], vocabulary: Vocabulary): Facets {
  const paths = categoryPaths(product);
  const idOf = (term: string | undefined) => (term === undefined ? -1 : vocabulary.idOf(term));
  return {
    leaf: idOf(paths.at(-1)),
    parent: idOf(paths.at(-2)),
    grandparent: idOf(paths.at(-3)),
    brand: product.brand === null ? -1 : vocabulary.idOf(`brand ${product.brand}`),
    titleHash: hashTitle(titleWords),
  };
}

/** The path of every category from the root, so that two leaves of one name stay apart. */
function categoryPaths(product: CatalogueProduct): string[] {
  return product.categories.map((_, depth) => `category ${JSON.stringify(product.categories.slice(0, depth + 1))}`);
}

/** Prices within about a factor of 1.4 share a bucket. */
function priceBucket(price: string | null): number | null {
  const value = Number(price);
  return price === null || value <= 0 ? null : Math.round(2 * Math.log2(value));
}

/** SimHash (Charikar 2002): each bit is the majority of that bit over the words' hashes. */
function hashTitle(words: readonly string[]): number {
  let hash = 0;
  const wordHashes = words.map(hashWord);
  for (let bit = 0; bit < 32; bit++) {
    let balance = 0;
    for (const wordHash of wordHashes) balance += (wordHash >>> bit) & 1 ? 1 : -1;
    if (balance > 0) hash |= 1 << bit;
  }
  return hash;
}

/** FNV-1a with a final mix, since its low bits alone are too regular for short words. */
function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) hash = Math.imul(hash ^ word.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

class TermCollector implements TermVector {
  readonly terms: number[] = [];
  readonly weights: number[] = [];
  readonly #vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  add(term: string, weight: number): void {
    const id = this.#vocabulary.idOf(term);
    const index = this.terms.indexOf(id);
    if (index === -1) {
      this.terms.push(id);
      this.weights.push(weight);
    } else this.weights[index]! += weight;
  }
}
