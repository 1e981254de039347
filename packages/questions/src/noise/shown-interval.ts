import { CONFIDENCE } from './budget.ts';

/**
 * The interval of a count that is shown because its noisy value reached a threshold. That it is shown is part of the
 * observation: without regard to it a rare key that noise lifted over the threshold would be overstated. It is made of
 * the counts c for which neither P(c + noise >= value | shown) nor P(c + noise <= value | shown) is below 2.5 %, so
 * that among shown rows 95 of 100 intervals cover (Lehmann and Scheffe's truncated family has a monotone ratio).
 * @param tail P(noise >= margin) for margins from 1, rounded up
 */
export function intervalOfShown({
  value,
  threshold,
  tail,
}: {
  value: number;
  threshold: number;
  tail: (margin: number) => number;
}): { readonly lower: number; readonly upper: number } {
  const odds = (1 - CONFIDENCE) / 2;
  // Noise is symmetric, so P(noise >= -m) is 1 - P(noise >= m + 1), and what is above zero has at most half of it: a tail
  // is rounded up, the Gaussian's at 1 to all of it, which would turn the predicates below at the value itself.
  const above = (margin: number): number => Math.min(0.5, tail(margin));
  const atLeast = (margin: number): number => (margin >= 1 ? above(margin) : 1 - above(1 - margin));
  const isTooLow = (count: number) => atLeast(value - count) < odds * atLeast(threshold - count);
  const isTooHigh = (count: number) =>
    atLeast(threshold - count) - atLeast(value + 1 - count) < odds * atLeast(threshold - count);
  // Both turn once: too low up to some count, too high from some count on.
  const lower = isTooLow(0) ? bisect(0, value, (count) => !isTooLow(count)) : 0;
  let reach = 1;
  while (!isTooHigh(value + reach)) reach *= 2;
  const upper = bisect(lower, value + reach, isTooHigh) - 1;
  return { lower, upper: Math.max(lower, upper) };
}

/** The first whole number above `low` at which a predicate holds that holds at `high` and, once it does, for good. */
function bisect(low: number, high: number, holds: (count: number) => boolean): number {
  let [before, at] = [low, high];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (holds(middle)) at = middle;
    else before = middle;
  }
  return at;
}
