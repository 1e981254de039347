import type { AccountItems } from '../private/account-items.ts';

/**
 * One account in the sums. Its k items have w units each, k w^2 <= UNITS^2; its own factors u are whole numbers too,
 * |u|^2 <= UNITS^2. It adds
 *
 * - w to the popularity of each of its items: a change of squared norm k w^2 <= UNITS^2;
 * - w u to the sums of each of its items: a change of squared norm k w^2 |u|^2 <= UNITS^4.
 *
 * Everything is a whole number and both bounds hold exactly, however u came about: u may be any function of the account's
 * own items and of what was released before (Chien et al. 2021, User-level private ALS). So a release of all sums with
 * discrete Gaussian noise of variance v costs UNITS^4 / (2 v) of zero-concentrated privacy, and the next release, whose u
 * follow from this one, composes with it adaptively.
 *
 * Sums are exact in doubles below 2^53: 2^33 accounts of at most UNITS^2 a sum, more than an Int32Array can index.
 */
export const UNITS = 2 ** 10;

/** Units of each of `count` items: the greatest whole w with count w^2 <= UNITS^2. */
export function unitsPerItem(count: number): number {
  // The square root is correctly rounded, and no whole number lies between sqrt(x) and sqrt(floor(x)).
  return Math.floor(Math.sqrt(Math.floor(UNITS ** 2 / count)));
}

/**
 * An account's factors as whole numbers of norm at most UNITS. Factors are scaled to the bound, not only clipped to it: an
 * account of few or unusual items counts as much as the noise allows. What is not finite, or zero, adds nothing.
 * @param factors shape [rank]
 * @param out whole numbers; shape [rank]
 */
export function boundFactors(factors: Float32Array, out: Int32Array): void {
  let squares = 0;
  for (const factor of factors) squares += factor * factor;
  const scale = UNITS / Math.sqrt(squares);
  if (!(Number.isFinite(scale) && squares > 0)) {
    out.fill(0);
    return;
  }
  for (let k = 0; k < out.length; k++) out[k] = Math.trunc(factors[k]! * scale);
  // Rounding towards zero keeps the norm but for the last bit of the scale; the bound is checked where it is exact.
  while (sumOfSquares(out) > UNITS ** 2) shrinkGreatest(out);
}

function sumOfSquares(values: Int32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function shrinkGreatest(values: Int32Array): void {
  let greatest = 0;
  for (let k = 1; k < values.length; k++) if (Math.abs(values[k]!) > Math.abs(values[greatest]!)) greatest = k;
  values[greatest]! -= Math.sign(values[greatest]!);
}

/** The exact sums of w. Shape [itemCount]. */
export function sumPopularity({ accountCount, itemCount, ptr, items }: AccountItems): Float64Array {
  const sums = new Float64Array(itemCount);
  for (let account = 0; account < accountCount; account++) {
    const units = unitsPerItem(ptr[account + 1]! - ptr[account]!);
    for (let at = ptr[account]!; at < ptr[account + 1]!; at++) sums[items[at]!] = sums[items[at]!]! + units;
  }
  return sums;
}

/**
 * Adds what the accounts begin..end contribute to the exact sums of w u.
 * @param factors of these accounts as they were solved, unbounded; shape [end - begin x rank]
 * @param sums whole numbers, shape [itemCount x rank]
 */
export function addAccountFactors(
  { ptr, items }: AccountItems,
  { begin, end }: { readonly begin: number; readonly end: number },
  factors: Float32Array,
  rank: number,
  sums: Float64Array,
): void {
  const bounded = new Int32Array(rank);
  for (let account = begin; account < end; account++) {
    const row = (account - begin) * rank;
    boundFactors(factors.subarray(row, row + rank), bounded);
    const units = unitsPerItem(ptr[account + 1]! - ptr[account]!);
    for (let k = 0; k < rank; k++) bounded[k]! *= units;
    for (let at = ptr[account]!; at < ptr[account + 1]!; at++) {
      const start = items[at]! * rank;
      for (let k = 0; k < rank; k++) sums[start + k] = sums[start + k]! + bounded[k]!;
    }
  }
}
