import type { Catalogue } from './catalogue.ts';
import { Postings } from './postings.ts';
import type { ProductVersion, TermVector } from './product-version.ts';
import { tokenize, type Vocabulary } from './text.ts';
import type { TimeSlice } from './time-slice.ts';

/** Cosine from which on products may be called similar: a colour or a price in common is not enough. */
export const MIN_SIMILARITY = 0.15;
/** BM25 (Robertson and Zaragoza 2009): how fast a repeated word saturates, and how much long titles are held back. */
const BM25_K1 = 1.2;
const BM25_B = 0.5;
/** Words that few queries would miss, so that one query cannot walk the postings for ever. */
const MAX_QUERY_WORDS = 16;

/** Terms are numbered once, for good; past so many for each one in use they are numbered anew. */
const MAX_DEAD_SHARE = 4;
/** Terms that are too few to mind. */
const SPARE_TERMS = 10_000;

/** What products say of themselves, to find alike ones and to search. Immutable; made of one catalogue. */
export class ContentIndex {
  readonly #alike: Postings;
  readonly #words: Postings;
  readonly #vocabulary: Vocabulary;
  /** Inverse document frequency by term, of the catalogue that this was built from. */
  readonly #idf: Float32Array;
  readonly #liveTermCount: number;

  private constructor(alike: Postings, words: Postings, vocabulary: Vocabulary, idf: Float32Array) {
    this.#alike = alike;
    this.#words = words;
    this.#vocabulary = vocabulary;
    this.#idf = idf;
    this.#liveTermCount = idf.reduce((count, value) => (value > 0 ? count + 1 : count), 0);
  }

  static async build(catalogue: Catalogue, vocabulary: Vocabulary, slice: TimeSlice): Promise<ContentIndex> {
    const { versions } = catalogue;
    const documents = versions.map((version) => (version.isDeleted ? undefined : version));
    const termCount = vocabulary.size;
    const idf = await computeIdf(documents, termCount, slice);
    const alike = await Postings.build(
      documents.map((version) => version?.content),
      termCount,
      (vector) => tfIdf(vector, idf),
      slice,
    );
    const averageLength = await measureAverageLength(documents, slice);
    const words = await Postings.build(
      documents.map((version) => version?.words),
      termCount,
      ({ terms, weights }) => {
        const length = sum(weights);
        const norm = BM25_K1 * (1 - BM25_B + (BM25_B * length) / averageLength);
        return weights.map((weight, at) => ((idf[terms[at]!]! * weight) / (weight + norm)) * (BM25_K1 + 1));
      },
      slice,
    );
    return new ContentIndex(alike, words, vocabulary, idf);
  }

  /** True when the vocabulary holds far more terms that no product has any more than ones that some product has. */
  get isOutgrown(): boolean {
    return this.#vocabulary.size > MAX_DEAD_SHARE * this.#liveTermCount + SPARE_TERMS;
  }

  get byteLength(): number {
    return this.#alike.byteLength + this.#words.byteLength + this.#idf.byteLength;
  }

  /**
   * Adds `factor` x the cosine similarity of every product to this one.
   * @param scores by index of product; may be shorter or longer than this index knows
   */
  addSimilarities(version: ProductVersion, factor: number, scores: Float32Array): void {
    const { terms } = version.content;
    const weights = tfIdf(version.content, this.#idf);
    for (let at = 0; at < terms.length; at++) this.#alike.addTerm(terms[at]!, factor * weights[at]!, scores);
  }

  /** The cosine similarity of two products. */
  measureSimilarity(left: ProductVersion, right: ProductVersion): number {
    const weights = tfIdf(left.content, this.#idf);
    const rightWeights = tfIdf(right.content, this.#idf);
    let similarity = 0;
    for (let at = 0; at < weights.length; at++) {
      const other = right.content.terms.indexOf(left.content.terms[at]!);
      if (other !== -1) similarity += weights[at]! * rightWeights[other]!;
    }
    return similarity;
  }

  /** Scores products for a search: BM25, lowered for each word of the query that a product lacks. */
  search(text: string, scores: Float32Array): void {
    const words = [...new Set(tokenize(text))].slice(0, MAX_QUERY_WORDS);
    const matched = new Uint8Array(scores.length);
    for (const word of words) {
      const term = this.#vocabulary.find(`word ${word}`);
      if (term !== undefined) this.#words.addTerm(term, 1, scores, matched);
    }
    for (let index = 0; index < scores.length; index++)
      if (matched[index]! > 0) scores[index]! *= (matched[index]! / words.length) ** 2;
  }
}

async function computeIdf(
  documents: readonly (ProductVersion | undefined)[],
  termCount: number,
  slice: TimeSlice,
): Promise<Float32Array> {
  const frequencies = new Int32Array(termCount);
  let documentCount = 0;
  for (const [index, version] of documents.entries()) {
    if (index % 256 === 0) await slice.rest();
    if (!version) continue;
    documentCount++;
    for (const term of version.content.terms) frequencies[term]!++;
    for (const term of version.words.terms) if (!version.content.terms.includes(term)) frequencies[term]!++;
  }
  return Float32Array.from(frequencies, (frequency) =>
    frequency === 0 ? 0 : Math.log(1 + (documentCount - frequency + 0.5) / (frequency + 0.5)),
  );
}

async function measureAverageLength(
  documents: readonly (ProductVersion | undefined)[],
  slice: TimeSlice,
): Promise<number> {
  let total = 0;
  let count = 0;
  for (const [index, version] of documents.entries()) {
    if (index % 256 === 0) await slice.rest();
    if (!version) continue;
    total += sum(version.words.weights);
    count++;
  }
  return total / Math.max(1, count);
}

/** Term weights times inverse document frequency, of length 1. A term newer than the index counts nothing. */
function tfIdf({ terms, weights }: TermVector, idf: Float32Array): number[] {
  const products = weights.map((weight, at) => weight * (idf[terms[at]!] ?? 0));
  const norm = Math.sqrt(products.reduce((total, value) => total + value * value, 0));
  return norm === 0 ? products : products.map((value) => value / norm);
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
