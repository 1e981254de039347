import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquarePValue } from '../testing/goodness-of-fit.ts';
import { FALSE_ALARMS, SINGLE_FALSE_ALARM } from '../testing/odds.ts';
import { withSeededRandom } from '../testing/seeded-random.ts';
import { AboveThreshold, ThresholdExhaustedError } from './above-threshold.ts';
import { releaseQuantile } from './quantile.ts';
import { estimateResponseCounts, respondRandomly, responseNoiseFor } from './randomized-response.ts';
import { reportNoisyMax, selectExponential, selectPermuteAndFlip, selectTopK } from './selection.ts';

const TOTAL = 60_000;

function countIndices(seed: string, size: number, draw: () => number): Int32Array {
  return withSeededRandom(seed, () => {
    const counts = new Int32Array(size);
    for (let i = 0; i < TOTAL; i++) counts[draw()]!++;
    return counts;
  });
}

describe('selection', () => {
  const utilities = [0, 2, 5, 3];

  it(`chooses with the exact probabilities (false alarm ${FALSE_ALARMS.selectionFit})`, () => {
    const weights = utilities.map((utility) => Math.exp((utility - 5) / 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const probabilities = weights.map((weight) => weight / total);
    const options = { utilities, sensitivity: 1, epsilon: 1 };
    const exponential = countIndices('exponential', 4, () => selectExponential(options).index);
    expect(chiSquarePValue({ counts: exponential, probabilities, total: TOTAL })).toBeGreaterThan(SINGLE_FALSE_ALARM);

    // A gap times the loss per unit past 2^53 is drawn in BigInt.
    const large = {
      utilities: utilities.map((utility) => utility * 2 ** 36),
      sensitivity: 2 ** 36,
      epsilon: '1000000001/1000000000',
    };
    const big = countIndices('big', 4, () => selectExponential(large).index);
    expect(chiSquarePValue({ counts: big, probabilities, total: TOTAL })).toBeGreaterThan(SINGLE_FALSE_ALARM);

    // Permute and flip of two: the worse wins when it comes first and its coin holds.
    const flipped = countIndices(
      'flip',
      2,
      () => selectPermuteAndFlip({ utilities: [0, 2], sensitivity: 1, epsilon: 1 }).index,
    );
    const worse = Math.exp(-1) / 2;
    expect(chiSquarePValue({ counts: flipped, probabilities: [worse, 1 - worse], total: TOTAL })).toBeGreaterThan(
      SINGLE_FALSE_ALARM,
    );

    const pairs = countIndices('top', 16, () => {
      const [first, second] = selectTopK({ ...options, k: 2 }).indices as [number, number];
      return 4 * first + second;
    });
    const ordered = Array.from({ length: 16 }, (_, index) => {
      const [first, second] = [index >> 2, index & 3];
      return first === second ? 0 : (probabilities[first]! * weights[second]!) / (total - weights[first]!);
    });
    expect(chiSquarePValue({ counts: pairs, probabilities: ordered, total: TOTAL })).toBeGreaterThan(
      SINGLE_FALSE_ALARM,
    );
  });

  it('finds the best when there is plenty of epsilon', () => {
    const options = { utilities: [1, 50, 3], sensitivity: 1, epsilon: 500 };
    for (const select of [selectExponential, selectPermuteAndFlip, reportNoisyMax])
      expect(select(options).index).toBe(1);
    expect(selectTopK({ ...options, k: 3 }).indices).toEqual([1, 2, 0]);
  });

  it('returns k different candidates, whatever the utilities', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 }), (values) => {
        const { indices } = selectTopK({ utilities: values, sensitivity: 1, epsilon: 1, k: values.length });
        expect([...indices].sort((a, b) => a - b)).toEqual(values.map((_, index) => index));
      }),
      { numRuns: 50 },
    );
  });

  it('refuses by name', () => {
    const good = { utilities: [1, 2], sensitivity: 1, epsilon: 1 };
    expect(() => selectExponential({ ...good, utilities: [] })).toThrow(/^utilities/);
    expect(() => selectExponential({ ...good, utilities: [0.5] })).toThrow(/^utilities/);
    expect(() => selectExponential({ ...good, sensitivity: undefined as never })).toThrow(/^sensitivity/);
    expect(() => selectExponential({ ...good, sensitivity: 0 })).toThrow(/^sensitivity/);
    expect(() => reportNoisyMax({ ...good, epsilon: 'NaN' })).toThrow(/^epsilon/);
    expect(() => selectTopK({ ...good, k: 3 })).toThrow(/^k/);
  });
});

describe('sparse vector', () => {
  it('answers until its positives are used, then refuses', () => {
    const vector = new AboveThreshold({ threshold: 1000, sensitivity: 1, epsilon: 10, maxPositives: 2 });
    expect([0, 5000, 0, 5000].map((count) => vector.isAbove(count))).toEqual([false, true, false, true]);
    expect(vector.isExhausted).toBe(true);
    expect(() => vector.isAbove(0)).toThrow(ThresholdExhaustedError);
    expect(vector.event).toEqual({ kind: 'pure', epsilon: '10' });
  });
});

describe('comparisons past the safe integers', () => {
  it(`go by the exact noisy values, as their proofs do (false alarm ${FALSE_ALARMS.comparisons})`, () => {
    // Noise of deviations near 2^60: clamped ones would tie in every fourth pair, and a tie goes to "above".
    const most = Number.MAX_SAFE_INTEGER;
    const options = { threshold: most, sensitivity: 2 ** 30, epsilon: `1/${2 ** 28}`, maxPositives: 1 };
    const above = countIndices('threshold', 2, () => (new AboveThreshold(options).isAbove(most) ? 1 : 0));
    // Symmetric but for ties, whose odds are below 2^-50: the count's deviation is below 123, and 7 of them odds below 3e-12.
    expect(Math.abs(above[1]! - TOTAL / 2)).toBeLessThan(7 * 123);
    const equal = { utilities: [2 ** 52, 2 ** 52], sensitivity: 2 ** 40, epsilon: `1/${2 ** 20}` };
    const first = countIndices('noisy max', 2, () => reportNoisyMax(equal).index);
    expect(Math.abs(first[1]! - TOTAL / 2)).toBeLessThan(7 * 123);
  });

  it('are never refused for what the data say', () => {
    const most = Number.MAX_SAFE_INTEGER;
    for (const select of [selectExponential, selectPermuteAndFlip, reportNoisyMax]) {
      expect(select({ utilities: [most, -most], sensitivity: 1, epsilon: 1 }).index).toBe(0);
    }
  });
});

describe('quantile', () => {
  it('finds quantiles of many accounts, each weighing the same', () => {
    const accounts = Array.from({ length: 2000 }, (_, index) => [index % 100]);
    accounts.push(Array.from({ length: 5000 }, () => 99)); // one loud account counts as one
    const grid = Array.from({ length: 101 }, (_, index) => index);
    for (const [quantile, expected] of [
      ['0.1', 10],
      ['0.5', 50],
      ['0.9', 90],
    ] as const) {
      const { value } = withSeededRandom(`quantile ${quantile}`, () =>
        releaseQuantile({ grid, accounts, quantile, epsilon: 2 }),
      );
      // A point d off is chosen with odds below 100 exp(-20 d): 2 off below 1e-15.
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(2);
    }
  });

  it('refuses a grid that does not ascend and a share off the scale, by name', () => {
    expect(() => releaseQuantile({ grid: [1, 1], accounts: [], quantile: '0.5', epsilon: 1 })).toThrow(/^grid/);
    expect(() => releaseQuantile({ grid: [1, 2], accounts: [], quantile: '1.5', epsilon: 1 })).toThrow(/^quantile/);
    expect(() => releaseQuantile({ grid: [1, 2], accounts: [], quantile: '1/7000', epsilon: 1 })).toThrow(/^quantile/);
  });
});

describe('randomised response', () => {
  it('is undone on average', () => {
    const noise = '0.25';
    const given = [0, 0, 0];
    withSeededRandom('responses', () => {
      for (let i = 0; i < 30_000; i++)
        given[respondRandomly({ answer: i % 10 < 7 ? 0 : 2, buckets: 3, noise }).answer]!++;
    });
    const estimated = estimateResponseCounts({ counts: given, noise });
    // Deviation below 100; 600 is past six of them.
    for (const [bucket, truth] of [21_000, 0, 9_000].entries())
      expect(Math.abs(estimated[bucket]! - truth)).toBeLessThan(600);
  });

  it('grants an epsilon with noise rounded up', () => {
    const noise = responseNoiseFor({ epsilon: 1, buckets: 4 });
    const low = Number(noise.numerator) / Number(noise.denominator) / 4;
    expect(Math.log((1 - 4 * low + low) / low)).toBeLessThanOrEqual(1);
    expect(() => responseNoiseFor({ epsilon: 1e-9, buckets: 4 })).toThrow(/^epsilon/);
    expect(() => respondRandomly({ answer: 4, buckets: 4, noise: '0.5' })).toThrow(/^answer/);
  });
});
