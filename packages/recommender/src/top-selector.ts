/**
 * Keeps the best `capacity` of the items offered: a min-heap, reused from one selection to the next. Equal scores are
 * ordered by the lower tie-break.
 */
export class TopSelector {
  readonly capacity: number;
  readonly #items: Int32Array;
  readonly #scores: Float64Array;
  readonly #tieBreaks: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#items = new Int32Array(capacity);
    this.#scores = new Float64Array(capacity);
    this.#tieBreaks = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Scores below it are not kept. */
  get threshold(): number {
    return this.#size < this.capacity ? Number.NEGATIVE_INFINITY : this.#scores[0]!;
  }

  offer(item: number, score: number, tieBreak: number = item): void {
    if (this.#size < this.capacity) {
      this.#siftUp(this.#size++, item, score, tieBreak);
    } else if (this.capacity > 0 && this.#isWorse(0, score, tieBreak)) {
      this.#siftDown(item, score, tieBreak);
    }
  }

  /**
   * Empties the selection into `items` and, if given, `scores` from `offset`, best first.
   * @returns how many
   */
  drain(items: Int32Array, scores?: Float32Array, offset = 0): number {
    const count = this.#size;
    while (this.#size > 0) {
      const last = --this.#size;
      items[offset + last] = this.#items[0]!;
      if (scores !== undefined) scores[offset + last] = this.#scores[0]!;
      if (last > 0) this.#siftDown(this.#items[last]!, this.#scores[last]!, this.#tieBreaks[last]!);
    }
    return count;
  }

  #isWorse(slot: number, score: number, tieBreak: number): boolean {
    const own = this.#scores[slot]!;
    return own < score || (own === score && this.#tieBreaks[slot]! > tieBreak);
  }

  #place(slot: number, item: number, score: number, tieBreak: number): void {
    this.#items[slot] = item;
    this.#scores[slot] = score;
    this.#tieBreaks[slot] = tieBreak;
  }

  #copy(from: number, to: number): void {
    this.#place(to, this.#items[from]!, this.#scores[from]!, this.#tieBreaks[from]!);
  }

  #siftUp(from: number, item: number, score: number, tieBreak: number): void {
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >>> 1;
      if (this.#isWorse(parent, score, tieBreak)) break;
      this.#copy(parent, slot);
      slot = parent;
    }
    this.#place(slot, item, score, tieBreak);
  }

  #siftDown(item: number, score: number, tieBreak: number): void {
    let slot = 0;
    for (let child = 1; child < this.#size; child = 2 * slot + 1) {
      const right = child + 1;
      if (right < this.#size && this.#isWorse(right, this.#scores[child]!, this.#tieBreaks[child]!)) child = right;
      if (!this.#isWorse(child, score, tieBreak)) break;
      this.#copy(child, slot);
      slot = child;
    }
    this.#place(slot, item, score, tieBreak);
  }
}
