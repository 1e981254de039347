import type { TermVector } from './product-version.ts';
import type { TimeSlice } from './time-slice.ts';

/** An inverted index: for each term the documents that hold it, with a weight (CSR by term). */
export class Postings {
  /** Where each term's documents start. Shape [termCount + 1]. */
  readonly #termPtr: Int32Array;
  readonly #documentIdx: Int32Array;
  readonly #weights: Float32Array;

  private constructor(termPtr: Int32Array, documentIdx: Int32Array, weights: Float32Array) {
    this.#termPtr = termPtr;
    this.#documentIdx = documentIdx;
    this.#weights = weights;
  }

  /**
   * @param vectors by document; undefined = not in the index
   * @param weigh the weights stored for a vector's terms
   */
  static async build(
    vectors: readonly (TermVector | undefined)[],
    termCount: number,
    weigh: (vector: TermVector) => readonly number[],
    slice: TimeSlice,
  ): Promise<Postings> {
    const termPtr = new Int32Array(termCount + 1);
    for (const [document, vector] of vectors.entries()) {
      if (document % 256 === 0) await slice.rest();
      for (const term of vector?.terms ?? []) termPtr[term + 1]!++;
    }
    for (let term = 0; term < termCount; term++) termPtr[term + 1]! += termPtr[term]!;
    const next = termPtr.slice(0, termCount);
    const documentIdx = new Int32Array(termPtr[termCount]!);
    const weights = new Float32Array(documentIdx.length);
    for (const [document, vector] of vectors.entries()) {
      if (document % 256 === 0) await slice.rest();
      if (!vector) continue;
      const weighed = weigh(vector);
      for (const [at, term] of vector.terms.entries()) {
        const slot = next[term]!++;
        documentIdx[slot] = document;
        weights[slot] = weighed[at]!;
      }
    }
    return new Postings(termPtr, documentIdx, weights);
  }

  get byteLength(): number {
    return this.#termPtr.byteLength + this.#documentIdx.byteLength + this.#weights.byteLength;
  }

  /** Adds factor x weight of every document that holds the term, and counts it in `matched`. */
  addTerm(term: number, factor: number, scores: Float32Array, matched?: Uint8Array): void {
    if (term + 1 >= this.#termPtr.length) return;
    const end = this.#termPtr[term + 1]!;
    for (let slot = this.#termPtr[term]!; slot < end; slot++) {
      const document = this.#documentIdx[slot]!;
      scores[document]! += factor * this.#weights[slot]!;
      if (matched) matched[document]!++;
    }
  }
}
