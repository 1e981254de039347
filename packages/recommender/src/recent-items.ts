import type { History } from './interactions.ts';
import { DISLIKE, KIND_WEIGHTS } from './user-items.ts';

/**
 * A history as a model reads it: the newest distinct items, known to the model and not disliked since, each with its
 * strongest row. Reused from call to call, so that serving allocates nothing.
 */
export class RecentItems {
  readonly capacity: number;
  /** The newest first. Shape [count]. */
  readonly items: Int32Array;
  /** The row of the history that tells most of the item: the strongest kind, the newest of those. Shape [count]. */
  readonly rows: Int32Array;
  /** Weight of that row's kind. Shape [count]. */
  readonly weights: Float32Array;
  #count = 0;
  readonly #seenIn: Int32Array;
  readonly #slots: Int32Array;
  #epoch = 0;

  /** @param capacity distinct items that are read at most */
  constructor(itemCount: number, capacity: number) {
    this.capacity = capacity;
    this.items = new Int32Array(capacity);
    this.rows = new Int32Array(capacity);
    this.weights = new Float32Array(capacity);
    this.#seenIn = new Int32Array(itemCount);
    this.#slots = new Int32Array(itemCount);
  }

  get count(): number {
    return this.#count;
  }

  /** Reads a history, forgetting the last one. */
  read(history: History): void {
    this.#epoch = this.#epoch === 0x7fff_ffff ? this.#restart() : this.#epoch + 1;
    this.#count = 0;
    for (let row = history.itemIdx.length - 1; row >= 0; row--) {
      const item = history.itemIdx[row]!;
      if (item < 0 || item >= this.#seenIn.length) continue;
      const kind = history.kind[row]!;
      if (this.#seenIn[item] !== this.#epoch) this.#append(item, row, kind);
      else this.#strengthen(this.#slots[item]!, row, kind);
    }
  }

  #append(item: number, row: number, kind: number): void {
    this.#seenIn[item] = this.#epoch;
    const isLeftOut = kind === DISLIKE || this.#count === this.capacity;
    this.#slots[item] = isLeftOut ? -1 : this.#count;
    if (isLeftOut) return;
    this.items[this.#count] = item;
    this.rows[this.#count] = row;
    this.weights[this.#count] = KIND_WEIGHTS[kind]!;
    this.#count++;
  }

  #strengthen(slot: number, row: number, kind: number): void {
    if (slot === -1 || KIND_WEIGHTS[kind]! <= this.weights[slot]!) return;
    this.rows[slot] = row;
    this.weights[slot] = KIND_WEIGHTS[kind]!;
  }

  #restart(): number {
    this.#seenIn.fill(0);
    return 1;
  }
}
