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

/** What an attacker looks at: one of the parts may be noised less than the whole is sold for. */
export const STATISTIC_PARTS = ['whole', 'diagonal', 'off the diagonal', 'interest'] as const;
export type StatisticPart = (typeof STATISTIC_PARTS)[number];

/** Against the private co-occurrence statistic, or a part of it. */
export function statisticAttack(part: StatisticPart, release: Release = releaseStatistic): Attack {
  const plan = planCanaryStatistic('1');
  return membershipAttack({
    target: `co-occurrence statistic, ${part}`,
    runs: { quick: 500, full: 4_000 },
    groupFactor: PAIRS_FACTOR,
    async observe(hasCanary) {
      const statistic = await release(canaryInteractions(hasCanary), plan, QUIET);
      const scores = scoreStatistic(statistic);
      return { seen: [scores[part]], event: plan.event, soldEpsilon: Number(plan.epsilon) };
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
function scoreStatistic(statistic: ReleasedStatistic): Record<StatisticPart, number> {
  const { interest, recentInterest, head, coOccurrence, deviations } = statistic;
  const at = (row: number, column: number) => coOccurrence[row * head.length - (row * (row - 1)) / 2 + column - row]!;
  const scores = { diagonal: 0, 'off the diagonal': 0, interest: 0 };
  for (let canary = 0; canary < CANARY_PAIRS; canary++) {
    const items = [firstItem(canary), secondItem(canary)] as const;
    for (const item of items) {
      scores.interest += (Math.SQRT1_2 * interest[item]!) / deviations.interest ** 2;
      scores.interest += (Math.SQRT1_2 * recentInterest[item]!) / deviations.recentInterest ** 2;
    }
    const [first = -1, second = -1] = items.map((item) => head.indexOf(item));
    if (first < 0 || second < 0) throw new Error('The head of so small a catalogue is all of it.');
    scores.diagonal += (at(first, first) + at(second, second)) / 2 / deviations.diagonal ** 2;
    scores['off the diagonal'] += at(first, second) / deviations.diagonal ** 2; // half of it, at half the variance
  }
  return { ...scores, whole: scores.diagonal + scores['off the diagonal'] + scores.interest };
}
