/** The best of a score vector, best first. Parallel arrays. */
export interface TopK {
  readonly positions: Int32Array;
  readonly scores: Float64Array;
}

/**
 * The `count` best eligible positions of a score vector. Scores that are not finite and above zero are no candidates;
 * equal ones are ordered by the lower tie-break. One pass with a heap, so `isEligible` is asked only of positions
 * that would get in.
 */
export function selectTopK(
  vector: Float32Array | Float64Array,
  count: number,
  isEligible: (position: number) => boolean,
  tieBreakOf: (position: number) => number,
): TopK {
  const heap = new WorstFirstHeap(count, tieBreakOf);
  if (count === 0) return heap.drain();
  let position = findAtLeast(vector, 0, SMALLEST);
  while (position < vector.length) {
    const score = vector[position]!;
    if (score < Number.POSITIVE_INFINITY && heap.admits(score, position) && isEligible(position))
      heap.add(score, position);
    position = findAtLeast(vector, position + 1, heap.least);
  }
  return heap.drain();
}

/** Zero is no candidate. */
const SMALLEST = Number.MIN_VALUE;

/** The loop that visits everything, by itself so that nothing else slows it down. NaN is passed over. */
function findAtLeast(vector: Float32Array | Float64Array, start: number, least: number): number {
  let position = start;
  while (position < vector.length && !(vector[position]! >= least)) position++;
  return position;
}

/** The best so far, the worst of them at the root. */
class WorstFirstHeap {
  readonly #positions: Int32Array;
  readonly #scores: Float64Array;
  readonly #tieBreakOf: (position: number) => number;
  #size = 0;

  constructor(capacity: number, tieBreakOf: (position: number) => number) {
    this.#positions = new Int32Array(capacity);
    this.#scores = new Float64Array(capacity);
    this.#tieBreakOf = tieBreakOf;
  }

  /** Lower scores need not be offered. */
  get least(): number {
    return this.#size < this.#scores.length ? SMALLEST : this.#scores[0]!;
  }

  admits(score: number, position: number): boolean {
    return this.#size < this.#scores.length || this.#isWorse(0, score, position);
  }

  /** Takes the place of the worst when it is full. */
  add(score: number, position: number): void {
    if (this.#size === this.#scores.length) {
      this.#siftDown(score, position);
      return;
    }
    let slot = this.#size++;
    while (slot > 0) {
      const parent = (slot - 1) >>> 1;
      if (this.#isWorse(parent, score, position)) break;
      this.#set(slot, this.#scores[parent]!, this.#positions[parent]!);
      slot = parent;
    }
    this.#set(slot, score, position);
  }

  /** Sorts in place, best first: no use afterwards. */
  drain(): TopK {
    const found = this.#size;
    while (this.#size > 1) {
      const score = this.#scores[0]!;
      const position = this.#positions[0]!;
      const last = --this.#size;
      this.#siftDown(this.#scores[last]!, this.#positions[last]!);
      this.#set(last, score, position);
    }
    return { positions: this.#positions.subarray(0, found), scores: this.#scores.subarray(0, found) };
  }

  #isWorse(slot: number, score: number, position: number): boolean {
    const own = this.#scores[slot]!;
    return own < score || (own === score && this.#tieBreakOf(this.#positions[slot]!) > this.#tieBreakOf(position));
  }

  #siftDown(score: number, position: number): void {
    let slot = 0;
    for (let child = 1; child < this.#size; child = 2 * slot + 1) {
      if (child + 1 < this.#size && this.#isWorse(child + 1, this.#scores[child]!, this.#positions[child]!)) child++;
      if (!this.#isWorse(child, score, position)) break;
      this.#set(slot, this.#scores[child]!, this.#positions[child]!);
      slot = child;
    }
    this.#set(slot, score, position);
  }

  #set(slot: number, score: number, position: number): void {
    this.#scores[slot] = score;
    this.#positions[slot] = position;
  }
}
