import type { History } from '../interactions.ts';
import { regularizationOf } from '../kernels/als.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { KernelExports } from '../kernels/wasm.generated.ts';
import { RecentItems } from '../recent-items.ts';
import { StrongestRow } from '../strongest-row.ts';
import type { FoldInModel, FoldInSettings } from './ials.ts';

/** Rows whose weight decayed below this share of the newest one's speak too softly to be a reason, and are left out. */
const LEAST_RECENCY = 0.01;
/** However slowly rows decay: the system grows with the square of their number, and is set up at each request. */
const MOST_ROWS = 32;

/**
 * Why a fold-in scores an item as it does. The score is a sum over the history (Hu, Koren and Volinsky, section 5):
 * y_i . x = sum_t w_t y_i' inverse(A) y_t. With Z = sqrt(W) Y D^-1/2, the terms are sqrt(w_t) (inverse(I + Z Z') k)_t,
 * where k = Z D^-1/2 y_i: a system as small as the history, factored once for all items of one answer.
 */
export class FoldInExplanation {
  readonly #model: FoldInModel;
  readonly #settings: FoldInSettings;
  readonly #kernels: KernelExports;
  readonly #recent: RecentItems;
  readonly #inverseDiagonal: Float64Array;
  readonly #roots: Float64Array;
  /** Z D^-1/2, where the kernels reach it. Shape [MOST_ROWS x rank]. */
  readonly #scaled: Float32Array;
  /** Products of its rows with one item's factors. Shape [MOST_ROWS]. */
  readonly #products: Float32Array;
  /** Lower Cholesky factor of I + Z Z' with its diagonal inverted, rows MOST_ROWS apart. */
  readonly #lower: Float64Array;
  readonly #solution: Float64Array;
  #count = 0;
  #history: History | undefined;

  /** @param model its factors stand in `memory` */
  constructor(model: FoldInModel, settings: FoldInSettings, kernels: KernelExports, memory: KernelMemory) {
    this.#model = model;
    this.#settings = settings;
    this.#kernels = kernels;
    this.#recent = new RecentItems(model.itemCount, settings.recentItems);
    this.#inverseDiagonal = new Float64Array(model.rank);
    this.#roots = new Float64Array(MOST_ROWS);
    this.#scaled = memory.allocateFloat32(MOST_ROWS * model.rank);
    this.#products = memory.allocateFloat32(MOST_ROWS);
    this.#lower = new Float64Array(MOST_ROWS * MOST_ROWS);
    this.#solution = new Float64Array(MOST_ROWS);
  }

  /** @returns index into the history of the row whose positive term is the greatest and a third of them all, or -1 */
  strongestRow(history: History, item: number): number {
    const strongest = new StrongestRow();
    for (const [t, term] of this.termsOf(history, item).entries()) strongest.offer(this.#recent.rows[t]!, term);
    return strongest.row;
  }

  /**
   * What each of the history's newest items adds to the item's score, the newest first, those that speak too softly left out.
   * @returns overwritten by the next call
   */
  termsOf(history: History, item: number): Float64Array {
    if (history !== this.#history) this.#read(history);
    this.#multiplyRows(item);
    const k = this.#solution;
    const count = this.#count;
    for (let t = 0; t < count; t++) k[t] = this.#products[t]!;
    solve(this.#lower, k, count);
    for (let t = 0; t < count; t++) k[t] = this.#roots[t]! * k[t]!;
    return k.subarray(0, count);
  }

  #read(history: History): void {
    const { rank, factors, gram, itemCount } = this.#model;
    const recent = this.#recent;
    const scaled = this.#scaled;
    const inverseDiagonal = this.#inverseDiagonal;
    recent.read(history);
    const penalty = regularizationOf(recent.count, itemCount, this.#settings);
    for (let f = 0; f < rank; f++) inverseDiagonal[f] = 1 / (this.#settings.unobservedWeight * gram[f]! + penalty);
    const mostRows = Math.min(recent.count, MOST_ROWS);
    let t = 0;
    for (let recency = 1; t < mostRows && recency >= LEAST_RECENCY; t++, recency *= this.#settings.decay) {
      const root = Math.sqrt(recency * recent.weights[t]!);
      const from = recent.items[t]! * rank;
      this.#roots[t] = root;
      for (let f = 0; f < rank; f++) scaled[t * rank + f] = root * factors[from + f]! * inverseDiagonal[f]!;
    }
    this.#count = t;
    this.#factor();
    this.#history = history;
  }

  /** Cholesky by columns. */
  #factor(): void {
    const lower = this.#lower;
    const count = this.#count;
    for (let column = 0; column < count; column++) {
      this.#multiplyRows(this.#recent.items[column]!);
      for (let row = column; row < count; row++) {
        let entry = (row === column ? 1 : 0) + this.#products[row]! * this.#roots[column]!;
        for (let p = 0; p < column; p++) entry -= lower[row * MOST_ROWS + p]! * lower[column * MOST_ROWS + p]!;
        lower[row * MOST_ROWS + column] =
          row === column ? 1 / Math.sqrt(entry) : entry * lower[column * MOST_ROWS + column]!;
      }
    }
  }

  #multiplyRows(item: number): void {
    const { rank, factors } = this.#model;
    const query = factors.byteOffset + item * rank * Float32Array.BYTES_PER_ELEMENT;
    this.#kernels.scoreRows(0, this.#count, 0, query, this.#scaled.byteOffset, rank, this.#products.byteOffset);
  }
}

/** k := inverse(L L') k, with the diagonal of L inverted and its rows, MOST_ROWS apart, read from left to right */
function solve(lower: Float64Array, k: Float64Array, count: number): void {
  for (let row = 0, at = 0; row < count; row++, at += MOST_ROWS) {
    let value = k[row]!;
    for (let p = 0; p < row; p++) value -= lower[at + p]! * k[p]!;
    k[row] = value * lower[at + row]!;
  }
  for (let row = count - 1, at = row * MOST_ROWS; row >= 0; row--, at -= MOST_ROWS) {
    const value = k[row]! * lower[at + row]!;
    k[row] = value;
    for (let p = 0; p < row; p++) k[p]! -= lower[at + p]! * value;
  }
}
