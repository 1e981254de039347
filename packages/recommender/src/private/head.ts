import type { ReleasedStatistic } from './released-statistic.ts';

/** The statistic of so many items is 191 MiB, and is released and trained from in about two minutes on two cores. */
export const MAX_HEAD_ITEMS = 10_000;
/** However little is known, co-occurrence of fewer says nothing. */
const LEAST_HEAD_ITEMS = 100;
/**
 * An item whose noisy interest does not reach so many deviations of its noise adds more noise than signal to the others'
 * spectrum, which has an edge that grows with the square root of the number of items; its content speaks for it.
 */
const LEAST_INTEREST_DEVIATIONS = 1;

/** Interest of items as released. */
export interface NoisyInterest {
  readonly interest: Float32Array;
  readonly deviation: number;
}

/**
 * The head: items of which co-occurrence is worth its noise, at most `maxHeadItems`, sized by the noise and the noisy
 * interest. Post-processing of a release.
 * @returns ascending items
 */
export function chooseHeadItems({ interest, deviation }: NoisyInterest, maxHeadItems: number): Int32Array {
  const byInterest = Int32Array.from(interest.keys()).sort(
    (left, right) => interest[right]! - interest[left]! || left - right,
  );
  const threshold = LEAST_INTEREST_DEVIATIONS * deviation;
  let count = 0;
  while (count < byInterest.length && interest[byInterest[count]!]! >= threshold) count++;
  return byInterest.slice(0, Math.min(maxHeadItems, Math.max(LEAST_HEAD_ITEMS, count))).sort();
}

/**
 * The next release's head from the last one's interest. Products that came since have none yet, and enter with the release
 * after.
 */
export function chooseHead(previous: ReleasedStatistic, productIds: Int32Array, maxHeadItems: number): number[] {
  const current = new Set(productIds);
  const kept = Int32Array.from(previous.productIds.keys()).filter((item) => current.has(previous.productIds[item]!));
  const interest = Float32Array.from(kept, (item) => previous.interest[item]!);
  const head = chooseHeadItems({ interest, deviation: previous.deviations.interest }, maxHeadItems);
  return Array.from(head, (place) => previous.productIds[kept[place]!]!);
}
