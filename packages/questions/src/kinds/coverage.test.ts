import type { ReleaseAnswer } from '@sotto/ledger';
import { seededRandomSource, withSeededRandom } from '@sotto/privacy/testing';
import { describe, expect, it } from 'vitest';
import type { Terms } from '../noise/budget.ts';
import { parseSpec } from '../parse-question.ts';
import { leastCovered, mostCovered } from '../testing/coverage.ts';
import { planHistogram } from './breakdowns.ts';
import { coPurchaseNoise, planCoPurchases, releasePairs } from './co-purchases.ts';
import { planFunnel } from './funnel.ts';
import type { SumsPlan } from './keyed-sums.ts';
import { meanNoise, planMean, releaseMean } from './mean.ts';
import { ACCOUNT_WEIGHT, gridOf, planQuantile, quantileNoise, releaseQuantileSearch } from './quantile.ts';
import { planRetention } from './retention.ts';
import { chooseTopKNoise, planTopK, releaseTopK } from './top-k.ts';
import { planCount, planSum, TOTAL_KEY } from './totals.ts';

// On known data: an interval covers the truth at least 95 times in 100 (false alarm 1e-6 a row), and what was expected
// beforehand is the half width that then comes out, neither more nor less than the noise explains.
const terms: Terms = { epsilon: '0.5', delta: '0.000001', assumedPopulation: null };
const DRAWS = 1_000;
const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
const truths = new Map(keys.map((key, index) => [key, index * 40]));

function drawMany(seed: string, plan: SumsPlan, totals: ReadonlyMap<string, number>): ReleaseAnswer[] {
  return withSeededRandom(seed, () => Array.from({ length: DRAWS }, () => plan.release(totals)));
}

function expectCoverage(answers: readonly ReleaseAnswer[], truthOf: (key: string) => number, expectedError: number) {
  const byKey = new Map<string, { covered: number; near: number }>();
  for (const { rows } of answers) {
    for (const { key, value, lower, upper } of rows) {
      const counts = byKey.get(key) ?? { covered: 0, near: 0 };
      const truth = truthOf(key);
      if (lower! <= truth && truth <= upper!) counts.covered++;
      if (Math.abs(value! - truth) <= expectedError) counts.near++;
      byKey.set(key, counts);
    }
  }
  for (const { covered, near } of byKey.values()) {
    expect(covered).toBeGreaterThanOrEqual(leastCovered(answers.length));
    expect(near).toBeGreaterThanOrEqual(leastCovered(answers.length));
  }
  return byKey;
}

describe('intervals and expected errors', () => {
  it('of a COUNT and of a SUM cover', () => {
    const count = planCount(parseSpec('COUNT', { measure: 'CUSTOMERS' }), terms);
    const total = (value: number) => new Map([[TOTAL_KEY, value]]);
    const counted = expectCoverage(drawMany('count', count, total(30)), () => 30, count.expectedError!);
    // Half the width is 6, and discrete Laplace noise of scale 2 is within 6 with probability 0.9624: no wider than that.
    expect(counted.get('total')!.covered).toBeLessThanOrEqual(mostCovered(DRAWS, 0.9625));

    const sum = planSum(parseSpec('SUM', { measure: 'REVENUE', bounds: { maxPerKey: 700 } }), terms);
    const summed = expectCoverage(drawMany('sum', sum, total(90_000)), () => 90_000, sum.expectedError!);
    expect(summed.get('total')!.covered).toBeLessThanOrEqual(mostCovered(DRAWS, 0.951));
  });

  it('of a HISTOGRAM cover in every key, by either noise', () => {
    for (const [maxKeys, mechanism] of [
      [2, 'discrete Laplace'],
      [12, 'discrete Gaussian'],
    ] as const) {
      const plan = planHistogram(
        parseSpec('HISTOGRAM', { dimension: 'PRODUCT', measure: 'CUSTOMERS', bounds: { maxKeys } }),
        terms,
        keys,
      );
      expect(plan.mechanism).toBe(mechanism);
      const byKey = expectCoverage(drawMany(mechanism, plan, truths), (key) => truths.get(key)!, plan.expectedError!);
      expect(byKey.size).toBe(12);
    }
  });

  it('of the keys of a TOP_K cover whatever was chosen', () => {
    const spec = parseSpec('TOP_K', { dimension: 'PRODUCT', k: 5, measure: 'CUSTOMERS', bounds: { maxKeys: 3 } });
    const plan = planTopK(spec, terms, keys);
    const noise = chooseTopKNoise(spec, terms);
    let [covered, shown] = [0, 0];
    const chosen = new Set<string>();
    withSeededRandom('top k', () => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const { rows } = releaseTopK(spec, noise, keys, truths);
        expect(new Set(rows.map(({ key }) => key)).size).toBe(5);
        expect(rows.map(({ value }) => value)).toEqual(rows.map(({ value }) => value).sort((a, b) => b! - a!));
        for (const { key, lower, upper, value } of rows) {
          shown++;
          chosen.add(key);
          expect(upper! - value!).toBe(Math.max(plan.expectedError!, -value!));
          if (lower! <= truths.get(key)! && truths.get(key)! <= upper!) covered++;
        }
      }
    });
    expect(covered).toBeGreaterThanOrEqual(leastCovered(shown));
    expect(chosen.size).toBeGreaterThan(5);
  });

  it('of a TOP_K choose well where the sums stand apart', () => {
    const spec = parseSpec('TOP_K', { dimension: 'PRODUCT', k: 3, measure: 'CUSTOMERS', bounds: { maxKeys: 3 } });
    const apart = new Map(keys.map((key, index) => [key, index < 3 ? 3_000 : 100]));
    // A gap of 2,900 at a choice of epsilon 1/12 and more: another key is chosen with probability below 1e-90.
    withSeededRandom('apart', () => {
      const { rows } = releaseTopK(spec, chooseTopKNoise(spec, terms), keys, apart);
      expect(rows.map(({ key }) => key).sort()).toEqual(keys.slice(0, 3));
    });
  });

  it('of a FUNNEL cover at every step', () => {
    const spec = parseSpec('FUNNEL', { steps: ['VIEW', 'CART', 'LIKE', 'PURCHASE'] });
    const plan = planFunnel(spec, terms);
    // Twenty went no further than the first step, seven to the end.
    const deepest = new Map([
      ['1 VIEW', 20],
      ['4 PURCHASE', 7],
    ]);
    const answers = drawMany('funnel', plan, deepest);
    const byKey = expectCoverage(answers, (key) => (key === '1 VIEW' ? 27 : 7), plan.expectedError!);
    expect([...byKey.keys()]).toEqual(['1 VIEW', '2 CART', '3 LIKE', '4 PURCHASE']);
    // Of the sums, the last is one noisy number and the first four of them.
    const widths = ['1 VIEW', '4 PURCHASE'].map((name) =>
      Math.max(
        ...answers.map(({ rows }) => rows.find(({ key }) => key === name)!).map((row) => row.upper! - row.value!),
      ),
    );
    expect(widths).toEqual([
      plan.expectedError!,
      planCount(parseSpec('COUNT', { measure: 'CUSTOMERS' }), terms).expectedError!,
    ]);
  });

  it('of a RETENTION cover in every cell', () => {
    const spec = parseSpec('RETENTION', { dimension: 'MONTH', periods: 9, filter: { since: '2026-01-01' } });
    const plan = planRetention(spec, terms);
    const totals = new Map([['2026-03+0', 25]]);
    const byKey = expectCoverage(
      drawMany('retention', plan, totals),
      (key) => (key === '2026-03+0' ? 25 : 0),
      plan.expectedError!,
    );
    expect(byKey.size).toBe(45);
  });

  it('of a MEAN cover, and are as wide as expected for the population', () => {
    const bounds = { maxKeys: 2, minPerKey: 50, maxPerKey: 500 };
    const spec = parseSpec('MEAN', { per: 'INTERACTION', measure: 'RATING', bounds });
    const noise = meanNoise(spec, terms);
    const count = 400;
    // Near an end of the bounds, where the noise of the count matters most.
    const sums = { count, offset: count * (2 * 480 - 550) };
    const expected = planMean(spec, { ...terms, assumedPopulation: count }).expectedError!;
    let [covered, near] = [0, 0];
    withSeededRandom('mean', () => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const row = releaseMean(spec, noise, sums).rows[0]!;
        expect(row.isSuppressed).toBe(false);
        if (row.lower! <= 480 && 480 <= row.upper!) covered++;
        if (Math.abs(row.value! - 480) <= expected * 1.1) near++;
        expect(row.lower! >= 50 && row.upper! <= 500).toBe(true);
      }
    });
    expect(covered).toBeGreaterThanOrEqual(leastCovered(DRAWS));
    expect(near).toBeGreaterThanOrEqual(leastCovered(DRAWS));
    expect(planMean(spec, terms).expectedError).toBeNull();
    // Nobody there: no mean is told, with probability above 0.95.
    let suppressed = 0;
    withSeededRandom('nobody', () => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const row = releaseMean(spec, noise, { offset: 0, count: 0 }).rows[0]!;
        if (row.isSuppressed) {
          suppressed++;
          expect([row.value, row.lower, row.upper]).toEqual([null, null, null]);
        }
      }
    });
    expect(suppressed).toBeGreaterThanOrEqual(leastCovered(DRAWS));
  });

  it.each([
    ['spread evenly', '0.5', (index: number) => index % 101],
    ['all alike', '0.5', () => 37],
    ['of two kinds', '0.9', (index: number) => (index % 10 < 9 ? 3 : 80)],
    ['skewed', '0.25', (index: number) => Math.floor(100 * (index / 3000) ** 4)],
  ])('of a QUANTILE of values %s (%s) cover', (name, quantile, pointOf) => {
    const spec = parseSpec('QUANTILE', { measure: 'REVENUE', quantile, bounds: { maxPerKey: 1_000 }, step: 10 });
    const noise = quantileNoise(spec, terms);
    const weights = new Float64Array(gridOf(spec).length);
    const people = 3_000;
    for (let index = 0; index < people; index++) weights[pointOf(index)]! += ACCOUNT_WEIGHT;
    const below = (point: number) => weights.slice(0, point).reduce((sum, weight) => sum + weight, 0);
    const wanted = Number(quantile) * people * ACCOUNT_WEIGHT;
    let truth = 0;
    while (truth + 1 < weights.length && below(truth + 1) <= wanted) truth++;
    const rankError = planQuantile(spec, { ...terms, assumedPopulation: people }).expectedError!;
    expect(planQuantile(spec, terms).expectedError).toBeNull();
    let [covered, near] = [0, 0];
    withSeededRandom(`quantile ${name}`, () => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const { value, lower, upper } = releaseQuantileSearch(spec, noise, weights).rows[0]!;
        expect(lower! <= value! && value! <= upper!).toBe(true);
        if (lower! <= truth * 10 && truth * 10 <= upper!) covered++;
        // The answer's own ranks, from those below it to those at it, come within the expected error of the asked one.
        const [from, to] = [below(value! / 10), below(value! / 10 + 1)].map((sum) => sum / (people * ACCOUNT_WEIGHT));
        const share = Number(quantile);
        if (from! - rankError <= share && share <= to! + rankError) near++;
      }
    });
    expect(covered).toBeGreaterThanOrEqual(leastCovered(DRAWS));
    expect(near).toBeGreaterThanOrEqual(leastCovered(DRAWS));
  });

  it('of the pairs of a CO_PURCHASE cover among those that are shown, and lone pairs are not', () => {
    const spec = parseSpec('CO_PURCHASE', { bounds: { maxKeys: 1 } });
    const noise = coPurchaseNoise(spec, terms);
    const plan = planCoPurchases(spec, terms);
    const random = seededRandomSource('pairs');
    // Counts from far below the threshold (about 37) to far above it.
    const pairs = Array.from({ length: 60 }, (_, index) => ({ key: [`a${index}`, `b${index}`], count: 10 + index }));
    const accounts = pairs.flatMap(({ key, count }) => Array.from({ length: count }, () => key));
    accounts.push(...Array.from({ length: 200 }, (_, index) => [`lone ${index}`, `only ${random.below(1000)}`]));
    let [shown, covered] = [0, 0];
    withSeededRandom('pairs', () => {
      for (let draw = 0; draw < 150; draw++) {
        const { rows, answer } = releasePairs(spec, noise, accounts);
        expect(plan.mechanism).toContain(`${answer['threshold']}`);
        for (const { key, value, lower, upper } of rows) {
          const truth = pairs.find((pair) => JSON.stringify(pair.key) === key)?.count;
          // 150 draws of 200 lone pairs at 1e-8 each: probability 3e-4 in all, and the seed is fixed.
          expect(truth).toBeDefined();
          expect(value).toBeGreaterThanOrEqual(answer['threshold'] as number);
          shown++;
          if (lower! <= truth! && truth! <= upper!) covered++;
        }
      }
    });
    expect(shown).toBeGreaterThan(3_000);
    expect(covered).toBeGreaterThanOrEqual(leastCovered(shown));
  });
});
