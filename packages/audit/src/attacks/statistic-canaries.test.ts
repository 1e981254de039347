import { releaseStatistic } from '@sotto/recommender/training';
import { describe, expect, it } from 'vitest';
import { runAudit } from '../audit.ts';
import { CANARY_PAIRS, canaryInteractions, firstItem, secondItem } from './canary-pairs.ts';
import { fromStatistic, modelAttack, PRIVATE_MODELS } from './model-canaries.ts';
import { planCanaryStatistic, QUIET, type Release, statisticAttack, statisticLattice } from './statistic-canaries.ts';

/** Seconds where nothing else runs; many repetitions share the machine with other tests. */
const LONGEST_MS = 120_000;

/** Draws the noise of another epsilon than was paid for. */
const paidFor =
  (epsilon: string): Release =>
  (input) =>
    releaseStatistic(input, planCanaryStatistic(epsilon), QUIET);

/** Puts the exact diagonal where the noisy one belongs, as if popularity were public. */
const withoutDiagonalNoise: Release = async (input, plan, context) => {
  const statistic = await releaseStatistic(input, plan, context);
  const order = statistic.head.length;
  const userItems = Array.from({ length: input.interactions.userCount }, (_, user) =>
    input.interactions.itemIdx.slice(input.interactions.userPtr[user], input.interactions.userPtr[user + 1]),
  );
  const coOccurrence = statistic.coOccurrence.slice();
  for (const [place, item] of statistic.head.entries()) {
    const exact = userItems.reduce((sum, items) => sum + (items.includes(item) ? 1 / items.length : 0), 0);
    coOccurrence[place * order - (place * (place - 1)) / 2] = exact;
  }
  return { ...statistic, coOccurrence };
};

const withFloatNoise: Release = async (input, plan, context) => {
  const statistic = await releaseStatistic(input, plan, context);
  return { ...statistic, coOccurrence: statistic.coOccurrence.map((value) => value * 1.000001) };
};

describe('canaries before the statistic', { timeout: LONGEST_MS }, () => {
  it('are built to move all that an account can move', async () => {
    const { interactions, productIds } = canaryInteractions(true);
    expect(interactions.itemCount).toBe(productIds.length);
    expect(interactions.userPtr.at(-1)).toBe(interactions.itemIdx.length);
    const items = Array.from({ length: CANARY_PAIRS }, (_, canary) => [firstItem(canary), secondItem(canary)]).flat();
    expect(new Set(items).size).toBe(2 * CANARY_PAIRS);
    const without = canaryInteractions(false).interactions;
    expect(interactions.userCount - without.userCount).toBe(CANARY_PAIRS);
    expect(without.itemIdx.some((item) => items.includes(item))).toBe(false);
  });

  // Odds: one estimate of 5e-8; the lattice cannot fail by chance.
  it('are not seen in an honest one, whose entries lie on their lattice', async () => {
    const [lattice, finding] = await runAudit({
      attacks: [statisticLattice(), statisticAttack('whole')],
      size: 'quick',
    });
    expect(lattice).toMatchObject({ attack: 'lattice-leak', passed: true });
    expect(finding).toMatchObject({ claimedEpsilon: 1, passed: true });
    // It sees something: the attack is awake.
    expect(finding!.empiricalEpsilonLower).toBeGreaterThan(0);
  });

  // At four times the epsilon the group shows 3.4 deviations where 1.06 are claimed: eight times the estimate's own.
  for (const [name, part, release] of [
    ['with the noise of epsilon 4', 'whole', paidFor('4')],
    ['without noise on the diagonal', 'diagonal', withoutDiagonalNoise],
  ] as const) {
    it(`are seen in one ${name}`, async () => {
      const [finding] = await runAudit({ attacks: [statisticAttack(part, release)], size: 'quick' });
      expect(finding).toMatchObject({ target: `co-occurrence statistic, ${part}`, claimedEpsilon: 1, passed: false });
    });
  }

  it('notice noise in floating point', async () => {
    const [finding] = await runAudit({ attacks: [statisticLattice(withFloatNoise)], size: 'quick' });
    expect(finding).toMatchObject({ attack: 'lattice-leak', passed: false });
  });
});

describe('canaries before private models', { timeout: LONGEST_MS }, () => {
  // Odds: 3 estimates of 5e-8 each.
  it('are not seen in honest ones', async () => {
    const findings = await runAudit({ attacks: PRIVATE_MODELS.map(modelAttack), size: 'quick' });
    expect(findings.map(({ target }) => target)).toEqual([
      'model private-popularity',
      'model private-ease',
      'model private-ials',
    ]);
    for (const finding of findings) expect(finding).toMatchObject({ claimedEpsilon: 0.1, passed: true });
  });

  for (const algorithm of ['private-popularity', 'private-ease'] as const) {
    it(`are seen in a ${algorithm} whose statistic has next to no noise`, async () => {
      const broken = fromStatistic(algorithm, paidFor('900'));
      const [finding] = await runAudit({ attacks: [modelAttack(broken)], size: 'quick' });
      expect(finding).toMatchObject({ target: `model ${algorithm}`, claimedEpsilon: 0.1, passed: false });
    });
  }

  it('are seen in a private-ials that draws the noise of another plan', async () => {
    const ials = PRIVATE_MODELS.find(({ algorithm }) => algorithm === 'private-ials')!;
    const broken = { ...ials, train: (input: Parameters<typeof ials.train>[0]) => ials.train(input, '900') };
    const [finding] = await runAudit({ attacks: [modelAttack(broken)], size: 'quick' });
    expect(finding).toMatchObject({ target: 'model private-ials', claimedEpsilon: 0.1, passed: false });
  });
});
