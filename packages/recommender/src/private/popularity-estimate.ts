import { packedRowStart } from './packed-triangle.ts';
import type { ReleasedStatistic } from './released-statistic.ts';

/** No item is thought to have less than this share of what its category leads to expect: models divide by it. */
const LEAST_SHARE = 0.05;
/** Trends beyond: a category that doubles or halves is within one deviation. */
const MOST_TREND_VARIANCE = 0.5;
/** However little the noise lets see of it: items differ, by a tenth of their popularity at least. */
const LEAST_SPREAD = 0.01;

/** What a statistic's noisy sums say of each item, less their noise. Post-processing. */
export interface PopularityEstimate {
  /** Expected sums of 1 / k, in accounts, above zero. Shape [itemCount]. */
  readonly popularity: Float64Array;
  /** Recent interest over what the whole window leads to expect, about 1. Shape [itemCount]. */
  readonly trend: Float64Array;
  /** Recent interest less what was expected, in deviations of chance and noise. Shape [itemCount]. */
  readonly rise: Float64Array;
}

/**
 * Interest and diagonal measure the same popularity; they are averaged by their noise, and drawn towards what is usual in an
 * item's category as far as the spread of the items there is noise (empirical Bayes, Efron and Morris 1973).
 * @param categories number of each item's category, -1 for none
 */
export function estimatePopularity(statistic: ReleasedStatistic, categories: Int32Array): PopularityEstimate {
  const { interest, head, coOccurrence, deviations } = statistic;
  const itemCount = interest.length;
  const diagonal = Float64Array.from(head, (_, place) => coOccurrence[packedRowStart(head.length, place)]!);
  const ofHead = head.reduce((sum, item) => sum + interest[item]!, 0);
  // From sums of 1 / sqrt(k) to sums of 1 / k.
  const rate = Math.max(1e-3, sumOf(diagonal)) / Math.max(1e-3, ofHead);
  const measured = Float64Array.from(interest, (value) => value * rate);
  const variances = new Float64Array(itemCount).fill((deviations.interest * rate) ** 2);
  for (const [place, item] of head.entries()) {
    const own = 1 / deviations.diagonal ** 2;
    const precision = own + 1 / variances[item]!;
    measured[item] = (diagonal[place]! * own + measured[item]! / variances[item]!) / precision;
    variances[item] = 1 / precision;
  }
  const groups = numberGroups(categories);
  const popularity = shrinkToGroups(measured, variances, groups);
  return { popularity, ...estimateTrend(statistic, popularity, groups, rate) };
}

/**
 * Gives products that no statistic knows yet the mean of the known ones of their category, or of all where there are none:
 * nothing is known against them.
 * @param isKnown 1 for items that were measured. Shape [itemCount]
 */
export function fillUnknownInterest(interest: Float32Array, isKnown: Uint8Array, categories: Int32Array): Float32Array {
  if (isKnown.every((known) => known === 1)) return interest;
  const groups = numberGroups(categories);
  const counts = sumByGroup(isKnown, groups);
  const sums = sumByGroup(interest, groups);
  const known = Math.max(1, sumOf(isKnown));
  const overall = sumOf(interest) / known;
  return interest.map((value, item) => {
    if (isKnown[item] === 1) return value;
    const group = groups.numbers[item]!;
    return counts[group]! >= 1 ? sums[group]! / counts[group]! : overall;
  });
}

/**
 * Recent interest against the expected, first by category, which has more of it, then by item.
 */
function estimateTrend(
  { recentInterest, deviations }: ReleasedStatistic,
  popularity: Float64Array,
  groups: Groups,
  rate: number,
): Pick<PopularityEstimate, 'trend' | 'rise'> {
  const recentRate = Math.max(1e-6, sumOf(recentInterest)) / sumOf(popularity);
  const expected = popularity.map((value) => value * recentRate);
  const noise = deviations.recentInterest ** 2;
  const ofGroups = ratiosOf(
    sumByGroup(recentInterest, groups),
    sumByGroup(expected, groups),
    (group) => noise * groups.sizes[group]!,
  );
  const prior = Float64Array.from(groups.numbers, (group) => ofGroups[group]!);
  const trend = ratiosOf(recentInterest, expected, () => noise, prior);
  // An account's interest in an item is at most 1, so its chance variance is at most its expectation.
  const rise = trend.map((_, item) => (recentInterest[item]! - expected[item]!) / Math.sqrt(noise + expected[item]!));
  return { trend, rise: rate > 0 ? rise : rise.fill(0) };
}

/** Noisy ratios drawn to their prior (1 unless told) by how much of their spread is noise; never below a tenth of it. */
function ratiosOf(
  measured: ArrayLike<number>,
  expected: Float64Array,
  noiseOf: (index: number) => number,
  prior?: Float64Array,
): Float64Array {
  let spread = 0;
  let weights = 0;
  let count = 0;
  for (let index = 0; index < expected.length; index++) {
    // Weighted by the precision of the ratio, else the least expected would decide.
    const weight = expected[index]! ** 2 / (noiseOf(index) + expected[index]!);
    const ratio = measured[index]! / expected[index]!;
    spread +=
      weight * ((ratio - (prior?.[index] ?? 1)) ** 2 - (noiseOf(index) + expected[index]!) / expected[index]! ** 2);
    weights += weight;
    count++;
  }
  // Of noise alone each term of the spread is a chi-square less its mean 1: what their sum passes sqrt(2 n) by is real.
  const variance =
    weights > 0 ? Math.min(MOST_TREND_VARIANCE, Math.max(0, (spread - Math.sqrt(2 * count)) / weights)) : 0;
  return expected.map((value, index) => {
    const center = prior?.[index] ?? 1;
    const share = variance / (variance + (noiseOf(index) + value) / value ** 2);
    return Math.max(0.1 * center, center + share * (measured[index]! / value - center));
  });
}

interface Groups {
  readonly count: number;
  /** Shape [itemCount]. */
  readonly numbers: Int32Array;
  readonly sizes: Float64Array;
}

/** Items without a category are a group of their own. */
function numberGroups(categories: Int32Array): Groups {
  const count = categories.reduce((most, category) => Math.max(most, category), -1) + 2;
  const numbers = categories.map((category) => (category < 0 ? count - 1 : category));
  const sizes = new Float64Array(count);
  for (const group of numbers) sizes[group]! += 1;
  return { count, numbers, sizes };
}

/** Never zero or below, since it is divided by. */
function sumByGroup(values: ArrayLike<number>, { count, numbers }: Groups): Float64Array {
  const sums = new Float64Array(count);
  for (const [item, group] of numbers.entries()) sums[group] = sums[group]! + values[item]!;
  return sums.map((sum) => Math.max(1e-9, sum));
}

/** Items are drawn to their group's mean, and the means, noisy themselves in a small shop, to that of all items. */
function shrinkToGroups(measured: Float64Array, variances: Float64Array, groups: Groups): Float64Array {
  const overall = Math.max(1e-6, sumOf(measured) / measured.length);
  const sizes = groups.sizes.map((size) => Math.max(1, size));
  const means = drawTo(
    new Float64Array(groups.count).fill(overall),
    sumByGroup(measured, groups).map((sum, group) => sum / sizes[group]!),
    sumByGroup(variances, groups).map((sum, group) => sum / sizes[group]! ** 2),
    groups.sizes,
  );
  const own = Float64Array.from(groups.numbers, (group) => means[group]!);
  return drawTo(own, measured, variances, new Float64Array(measured.length).fill(1));
}

/**
 * Measurements drawn to their centers as far as their spread around them, taken to grow with the center, is noise.
 * @param weights of the measurements in the estimate of the spread; those of weight 0 stay out of it
 */
function drawTo(
  centers: Float64Array,
  measured: Float64Array,
  variances: Float64Array,
  weights: Float64Array,
): Float64Array {
  let spread = 0;
  let squares = 0;
  let chance = 0;
  for (const [at, value] of measured.entries()) {
    chance += 2 * (weights[at]! * variances[at]!) ** 2;
    spread += weights[at]! * ((value - centers[at]!) ** 2 - variances[at]!);
    squares += weights[at]! * centers[at]! ** 2;
  }
  // The noise's own squares have a variance of twice theirs squared: a spread within one deviation of it is none.
  const relative = squares > 0 ? Math.max(LEAST_SPREAD, (spread - Math.sqrt(chance)) / squares) : LEAST_SPREAD;
  return measured.map((value, at) => {
    const center = centers[at]!;
    const share = (relative * center ** 2) / (relative * center ** 2 + variances[at]!);
    return Math.max(LEAST_SHARE * center, center + share * (value - center));
  });
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum;
}
