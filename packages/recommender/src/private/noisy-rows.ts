import { addNoise, DiscreteGaussian } from '@sotto/privacy';
import { packedRowStart } from './packed-triangle.ts';
import { ACCOUNT_UNITS } from './statistic-plan.ts';

/** What the rows of the co-occurrence are summed from; arrays that threads share. */
export interface CoOccurrenceInput {
  readonly itemCount: number;
  /** Each account's items, ascending. */
  readonly accountPtr: Int32Array;
  readonly accountItems: Int32Array;
  /** Each item's accounts. */
  readonly itemPtr: Int32Array;
  readonly itemAccounts: Int32Array;
  /** Noise variance on the diagonal, an even whole number of squared units; off it, half of that. */
  readonly variance: string;
}

/** Rows taken at once: some 50 ms of draws at 10,000 items, which is what cancelling waits for. */
export const ROWS_PER_CHUNK = 8;

export interface StatisticThreadData {
  readonly input: CoOccurrenceInput;
  /** The packed triangle, shared. */
  readonly out: Float32Array;
  /** Shared; element 0 is where the next chunk begins. */
  readonly next: Int32Array;
  readonly cancelFlag: Int32Array;
}

/** How many rows a thread has just done. */
export type StatisticThreadMessage = number;

/**
 * Sums rows of the co-occurrence exactly, adds the noise and writes the sums in accounts.
 *
 * An account with k items adds floor(2^16 / k) units to each of its k^2 entries: a change of norm floor(2^16 / k) k <= 2^16
 * in the Frobenius norm of the whole matrix. Of the symmetric matrix the upper triangle is released. With variance v on the
 * diagonal and v / 2 off it, the divergence of order alpha is at most alpha (sum d^2 / v + sum o^2 / (v / 2)) / 2 =
 * alpha (sum d^2 + 2 sum o^2) / (2 v), d and o being the changes on the diagonal and above it: the squared Frobenius norm
 * over 2 v, as for noise of variance v on a vector of norm 2^16.
 *
 * Sums are whole numbers in doubles, exact below 2^53: that is 2^37 accounts. What is written is rounded to 24 bits after the
 * noise, and stays a multiple of 2^-16.
 */
export class NoisyRows {
  readonly #input: CoOccurrenceInput;
  readonly #onDiagonal: DiscreteGaussian;
  readonly #offDiagonal: DiscreteGaussian;
  readonly #sums: Float64Array;

  constructor(input: CoOccurrenceInput) {
    this.#input = input;
    const variance = BigInt(input.variance);
    this.#onDiagonal = new DiscreteGaussian({ variance });
    this.#offDiagonal = new DiscreteGaussian({ variance: variance / 2n });
    this.#sums = new Float64Array(input.itemCount);
  }

  /** @param out the whole packed triangle */
  write(begin: number, end: number, out: Float32Array): void {
    const { itemCount } = this.#input;
    for (let row = begin; row < end; row++) {
      const sums = this.#sums.subarray(0, itemCount - row).fill(0);
      sumRow(this.#input, row, sums);
      addNoise(this.#onDiagonal, sums.subarray(0, 1));
      addNoise(this.#offDiagonal, sums.subarray(1));
      const start = packedRowStart(itemCount, row);
      for (let at = 0; at < sums.length; at++) out[start + at] = sums[at]! / ACCOUNT_UNITS;
    }
  }
}

/**
 * The exact row of the co-occurrence from its diagonal entry on, in units.
 * @param sums zeros, shape [itemCount - row]
 */
export function sumRow(input: CoOccurrenceInput, row: number, sums: Float64Array): void {
  const { accountPtr, accountItems, itemPtr, itemAccounts } = input;
  for (let slot = itemPtr[row]!; slot < itemPtr[row + 1]!; slot++) {
    const account = itemAccounts[slot]!;
    const start = accountPtr[account]!;
    const end = accountPtr[account + 1]!;
    const units = Math.floor(ACCOUNT_UNITS / (end - start));
    // Items ascend: from the last one down to the row itself.
    for (let at = end - 1; at >= start && accountItems[at]! >= row; at--) {
      const offset = accountItems[at]! - row;
      sums[offset] = sums[offset]! + units;
    }
  }
}
