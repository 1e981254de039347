import { checkBound, checkInteger } from '../checks.ts';
import { randomSource } from '../random.ts';
import type { ContributionLimits } from './counts.ts';
import { addSafely } from './noise.ts';

export interface Contribution<K> {
  readonly key: K;
  readonly value: number;
}

/**
 * Bounds what one account adds, before anything else sees its rows: equal keys are summed, each sum is clamped to
 * [-lInf, lInf] (or to [0, lInf] for counts), and of more than `l0` keys a uniformly random `l0` are kept. What is kept
 * depends on this account's rows and fresh coins only, never on other accounts.
 *
 * @param options.values whole numbers; a fraction must be scaled to the release's unit first
 */
export function boundContributions<K>(
  options: ContributionLimits & { contributions: Iterable<Contribution<K>>; isNonNegative?: boolean },
): Map<K, number> {
  const l0 = checkBound('l0', options.l0, 2 ** 20);
  const lInf = checkBound('lInf', options.lInf, 2 ** 30);
  const lowest = options.isNonNegative === true ? 0 : -lInf;
  const sums = new Map<K, number>();
  for (const { key, value } of options.contributions) {
    // Safe sums: a running total past the clamp would still be a whole number up to 2^53.
    const sum = (sums.get(key) ?? 0) + checkInteger('value', value);
    sums.set(key, Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, sum)));
  }
  const entries = [...sums];
  const random = randomSource();
  // The first l0 places of a Fisher-Yates shuffle: every subset of l0 keys equally likely.
  for (let place = 0; entries.length > l0 && place < l0; place++) {
    const other = place + random.below(entries.length - place);
    [entries[place], entries[other]] = [entries[other]!, entries[place]!];
  }
  const kept = entries.slice(0, l0);
  return new Map(kept.map(([key, sum]) => [key, Math.max(lowest, Math.min(lInf, sum))]));
}

/**
 * Adds one account's bounded contributions to the totals of all. A total is clamped to the safe integers, which moves no
 * further than the contribution does; past them it would round, and a release would refuse it, which tells of the data.
 */
export function addContributions<K>(totals: Map<K, number>, bounded: ReadonlyMap<K, number>): void {
  for (const [key, value] of bounded) totals.set(key, addSafely(totals.get(key) ?? 0, value));
}
