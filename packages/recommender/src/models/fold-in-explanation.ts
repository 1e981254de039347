import type { History } from '../interactions.ts';
import { regularizationOf } from '../kernels/als.ts';
import { RecentItems } from '../recent-items.ts';
import { StrongestRow } from '../strongest-row.ts';
import type { FoldInSettings, ItemFactors } from './ials.ts';

/**
 * Rows whose weight decayed below this share of the newest one's speak too softly to be a reason, and are left out: a
 * history of fifty items is then explained by the newest twenty or so, in a tenth of the time.
 */
const LEAST_RECENCY = 0.01;
/** However slowly rows decay: the system grows with the square of their number, and is set up at each request. */
const MOST_ROWS = 32;

/**
 * Why a fold-in scores an item as it does. The score is a sum over the history (Hu, Koren and Volinsky, section 5):
 * y_i . x = sum_t w_t y_i' inverse(A) y_t. With Z = sqrt(W) Y D^-1/2, the terms are sqrt(w_t) (inverse(I + Z Z') k)_t,
 * where k = Z D^-1/2 y_i: a system as small as the history, factored once for all items of one answer.
 */
export class FoldInExplanation {
  readonly #model: ItemFactors;
  readonly #settings: FoldInSettings;
  readonly #recent: RecentItems;
  readonly #inverseDiagonal: Float64Array;
  readonly #roots: Float64Array;
  /** Z D^-1/2. Shape [recentItems x rank]. */
  readonly #scaled: Float64Array;
  /** Lower Cholesky factor of I + Z Z', rows `recentItems` apart. */
  readonly #lower: Float64Array;
  readonly #solution: Float64Array;
  #count = 0;
  #history: History | undefined;

  constructor(model: ItemFactors, settings: FoldInSettings) {
    const { recentItems } = settings;
    this.#model = model;
    this.#settings = settings;
    this.#recent = new RecentItems(model.itemCount, recentItems);
    this.#inverseDiagonal = new Float64Array(model.rank);
    this.#roots = new Float64Array(recentItems);
    this.#scaled = new Float64Array(recentItems * model.rank);
    this.#lower = new Float64Array(recentItems * recentItems);
    this.#solution = new Float64Array(recentItems);
  }

  /** @returns index into the history of the row whose positive term is the greatest and a third of them all, or -1 */
  strongestRow(history: History, item: number): number {
    if (history !== this.#history) this.#read(history);
    const { rank, factors } = this.#model;
    const k = this.#solution;
    const count = this.#count;
    for (let t = 0; t < count; t++) k[t] = multiply(this.#scaled, t * rank, factors, item * rank, rank);
    this.#solve(k, count);
    const strongest = new StrongestRow();
    for (let t = 0; t < count; t++) strongest.offer(this.#recent.rows[t]!, this.#roots[t]! * k[t]!);
    return strongest.row;
  }

  #read(history: History): void {
    const { rank, factors, gram, itemCount } = this.#model;
    const recent = this.#recent;
    recent.read(history);
    const penalty = regularizationOf(recent.count, itemCount, this.#settings);
    for (let f = 0; f < rank; f++) {
      this.#inverseDiagonal[f] = 1 / (this.#settings.unobservedWeight * gram[f]! + penalty);
    }
    const mostRows = Math.min(recent.count, MOST_ROWS);
    let t = 0;
    for (let recency = 1; t < mostRows && recency >= LEAST_RECENCY; t++, recency *= this.#settings.decay) {
      this.#roots[t] = Math.sqrt(recency * recent.weights[t]!);
      const from = recent.items[t]! * rank;
      for (let f = 0; f < rank; f++) {
        this.#scaled[t * rank + f] = this.#roots[t]! * factors[from + f]! * this.#inverseDiagonal[f]!;
      }
    }
    this.#count = t;
    this.#factor(t);
    this.#history = history;
  }

  #factor(count: number): void {
    const { rank, factors } = this.#model;
    const width = this.#settings.recentItems;
    const lower = this.#lower;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column <= row; column++) {
        const product = multiply(this.#scaled, row * rank, factors, this.#recent.items[column]! * rank, rank);
        let entry = (row === column ? 1 : 0) + product * this.#roots[column]!;
        for (let p = 0; p < column; p++) entry -= lower[row * width + p]! * lower[column * width + p]!;
        lower[row * width + column] = row === column ? Math.sqrt(entry) : entry / lower[column * width + column]!;
      }
    }
  }

  /** k := inverse(L L') k */
  #solve(k: Float64Array, count: number): void {
    const width = this.#settings.recentItems;
    const lower = this.#lower;
    for (let row = 0; row < count; row++) {
      let value = k[row]!;
      for (let p = 0; p < row; p++) value -= lower[row * width + p]! * k[p]!;
      k[row] = value / lower[row * width + row]!;
    }
    for (let row = count - 1; row >= 0; row--) {
      let value = k[row]!;
      for (let p = row + 1; p < count; p++) value -= lower[p * width + row]! * k[p]!;
      k[row] = value / lower[row * width + row]!;
    }
  }
}

/** Dot product of `length` numbers, a multiple of 4, in four sums that do not wait for each other. */
function multiply(
  left: Float64Array,
  leftFrom: number,
  right: Float32Array,
  rightFrom: number,
  length: number,
): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let f = 0; f < length; f += 4) {
    a += left[leftFrom + f]! * right[rightFrom + f]!;
    b += left[leftFrom + f + 1]! * right[rightFrom + f + 1]!;
    c += left[leftFrom + f + 2]! * right[rightFrom + f + 2]!;
    d += left[leftFrom + f + 3]! * right[rightFrom + f + 3]!;
  }
  return a + b + (c + d);
}
