import { describe, expect, it } from 'vitest';
import { NOW, toHistory, toInteractions } from '../testing/checkerboard.ts';
import { evaluateRecommender, type Scorer } from './evaluate.ts';
import type { EvaluatedUser, EvaluationSplit } from './split.ts';

const ITEMS = 100;

function toSplit(users: readonly Pick<EvaluatedUser, 'excluded' | 'targets'>[]): EvaluationSplit {
  const history = toHistory([{ item: 0, time: NOW }]);
  const training = toInteractions([[{ item: 0, time: NOW }]], ITEMS);
  return { protocol: 'test', training, now: NOW, users: users.map((user) => ({ history, ...user })) };
}

const byId: Scorer = {
  scoreItems: (_history, out) => {
    for (let item = 0; item < out.length; item++) out[item] = -item;
  },
};

describe('evaluateRecommender', () => {
  it('averages over all users, leaves out what is excluded, and knows the ideal order', () => {
    const split = toSplit([
      { excluded: Int32Array.of(0, 1), targets: Int32Array.of(3, 50) },
      { excluded: new Int32Array(0), targets: Int32Array.of(99) },
      { excluded: new Int32Array(0), targets: Int32Array.of(0) },
    ]);
    const metrics = evaluateRecommender(byId, split, { cutoffs: [2], seed: 1 });
    const firstUser = 1 / Math.log2(3) / (1 + 1 / Math.log2(3));
    expect(metrics['hr@2']).toBeCloseTo(2 / 3, 9);
    expect(metrics['recall@2']).toBeCloseTo((0.5 + 0 + 1) / 3, 9);
    expect(metrics['ndcg@2']).toBeCloseTo((firstUser + 0 + 1) / 3, 9);
    expect(metrics['coverage@2']).toBeCloseTo(4 / ITEMS, 9);
    // One training user has item 0: -log2(2/2) = 0; nobody the others: -log2(1/2) = 1. Shown: 2 3, 0 1, 0 1.
    expect(metrics['novelty@2']).toBeCloseTo(4 / 6, 9);
  });

  it('gives equal scores no advantage by id', () => {
    const user = { excluded: new Int32Array(0), targets: Int32Array.of(0) };
    const split = toSplit(Array.from({ length: 2_000 }, () => user));
    const constant: Scorer = { scoreItems: (_history, out) => out.fill(0) };
    const { 'hr@10': hitRate } = evaluateRecommender(constant, split, { cutoffs: [10], seed: 4 });
    // Binomial of 2,000 draws at .1: four standard deviations are .027, exceeded by chance 1 time in 16,000.
    expect(Math.abs(hitRate! - 0.1)).toBeLessThan(0.027);
    expect(evaluateRecommender(constant, split, { cutoffs: [10], seed: 4 })['hr@10']).toBe(hitRate);
  });

  it('refuses a score that is not a number', () => {
    const broken: Scorer = { scoreItems: (_history, out) => out.fill(Number.NaN) };
    const split = toSplit([{ excluded: new Int32Array(0), targets: Int32Array.of(0) }]);
    expect(() => evaluateRecommender(broken, split, { cutoffs: [2], seed: 1 })).toThrow(RangeError);
  });
});
