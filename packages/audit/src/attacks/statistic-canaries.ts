import { planStatistic, type ReleasedStatistic, releaseStatistic } from '@sotto/recommender/training';
import type { Attack } from '../attack.ts';
import { membershipAttack } from '../membership.ts';
import { CANARY_PAIRS, canaryInteractions, firstItem, ITEM_COUNT, PAIRS_FACTOR, secondItem } from './canary-pairs.ts';
import { latticeAttack } from './lattice-leak.ts';

export type Release = typeof releaseStatistic;

/** The statistic's entries are whole multiples of it: units of 2^-16 accounts. */
const STEP = 2 ** -16;
export const QUIET = { threads: 1, cancelFlag: new Int32Array(new SharedArrayBuffer(4)), onProgress: () => undefined };

const productIds = Int32Array.from({ length: ITEM_COUNT }, (_, item) => item + 1);

export function planCanaryStatistic(epsilon: string) {
  return planStatistic({ epsilon, delta: '0.000001', productIds });
}

/** Against the private co-occurrence statistic: what is added to every entry that a canary can move. */
export function statisticAttack(release: Release = releaseStatistic): Attack {
  const plan = planCanaryStatistic('1');
  return membershipAttack({
    target: 'co-occurrence statistic',
    runs: { quick: 500, full: 4_000 },
    groupFactor: PAIRS_FACTOR,
    async observe(hasCanary) {
      const statistic = await release(canaryInteractions(hasCanary), plan, QUIET);
      return { seen: [scoreStatistic(statistic)], event: plan.event, soldEpsilon: Number(plan.epsilon) };
    },
  });
}

export function statisticLattice(release: Release = releaseStatistic): Attack {
  const plan = planCanaryStatistic('1');
  return latticeAttack({
    target: 'co-occurrence statistic',
    step: STEP,
    releases: { quick: 50, full: 500 },
    release: async (exact) => {
      const { interest, recentInterest, coOccurrence } = await release(
        canaryInteractions(exact % 2 === 1),
        plan,
        QUIET,
      );
      return [...interest, ...recentInterest, ...coOccurrence];
    },
  });
}

/**
 * The likelihood ratio's score of the canaries: what each would add to each entry, weighed by the inverse variance of that
 * entry's noise. A canary has two items, so it adds 1/2 to two places of the diagonal and one off it, and the root of 1/2 to two
 * interests.
 */
export function scoreStatistic({
  interest,
  recentInterest,
  head,
  coOccurrence,
  deviations,
}: ReleasedStatistic): number {
  const at = (row: number, column: number) => coOccurrence[row * head.length - (row * (row - 1)) / 2 + column - row]!;
  let score = 0;
  for (let canary = 0; canary < CANARY_PAIRS; canary++) {
    const items = [firstItem(canary), secondItem(canary)] as const;
    for (const item of items) {
      score += (Math.SQRT1_2 * interest[item]!) / deviations.interest ** 2;
      score += (Math.SQRT1_2 * recentInterest[item]!) / deviations.recentInterest ** 2;
    }
    const [first, second] = items.map((item) => head.indexOf(item));
    if (first === undefined || second === undefined || first < 0 || second < 0) continue;
    score += (at(first, first) + at(second, second)) / 2 / deviations.diagonal ** 2;
    score += at(first, second) / deviations.diagonal ** 2; // half of it, at half the variance
  }
  return score;
}
