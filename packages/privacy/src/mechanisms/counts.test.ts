import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PureAccountant } from '../accounting/pure-accountant.ts';
import { ZeroConcentratedAccountant } from '../accounting/zero-concentrated-accountant.ts';
import { withSeededRandom } from '../testing/seeded-random.ts';
import { addContributions, boundContributions } from './contributions.ts';
import { calibrateNoise, releaseHistogram, releaseThresholdedKeys } from './counts.ts';
import { NoisyPrefixTree } from './tree-aggregation.ts';

describe('contribution bounds', () => {
  it('hold for any rows: at most l0 keys, at most lInf a key, sums exact below that', () => {
    const rows = fc.array(
      fc.record({ key: fc.integer({ min: 0, max: 9 }), value: fc.integer({ min: -50, max: 50 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        (contributions, l0, lInf, isNonNegative) => {
          const bounded = boundContributions({ contributions, l0, lInf, isNonNegative });
          expect(bounded.size).toBe(Math.min(l0, new Set(contributions.map(({ key }) => key)).size));
          for (const [key, value] of bounded) {
            const sum = contributions.filter((row) => row.key === key).reduce((total, row) => total + row.value, 0);
            expect(value).toBe(Math.max(isNonNegative ? 0 : -lInf, Math.min(lInf, sum)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('move any release by no more than its sensitivity', () => {
    const totals = new Map([['a', 10]]);
    const bounded = boundContributions({
      l0: 2,
      lInf: 3,
      contributions: ['a', 'b', 'c'].map((key) => ({ key, value: 100 })),
    });
    const before = new Map(totals);
    addContributions(totals, bounded);
    const moved = [...totals].map(([key, value]) => value - (before.get(key) ?? 0)).filter((change) => change !== 0);
    expect(moved).toEqual([3, 3]);
  });

  it('keep each subset of keys, not the first ones', () => {
    const contributions = ['a', 'b', 'c', 'd'].map((key) => ({ key, value: 1 }));
    const seen = new Set<string>();
    withSeededRandom('subsets', () => {
      for (let i = 0; i < 200; i++)
        seen.add([...boundContributions({ l0: 2, lInf: 1, contributions }).keys()].sort().join(''));
    });
    expect(seen.size).toBe(6); // one of six missing in 200: below 1e-14
  });

  it('are refused by name when missing or not finite', () => {
    for (const bad of [undefined, 0, -1, Number.NaN, Infinity, 1.5]) {
      expect(() => boundContributions({ l0: bad as number, lInf: 1, contributions: [] })).toThrow(/^l0/);
      expect(() => boundContributions({ l0: 1, lInf: bad as number, contributions: [] })).toThrow(/^lInf/);
      expect(() => calibrateNoise({ l0: 1, lInf: bad as number, noise: 'laplace', epsilon: 1 })).toThrow(/^lInf/);
    }
  });
});

describe('calibrated noise', () => {
  it('costs no more than asked, and hardly less', () => {
    const positive = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(positive, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1000 }), ([n, d], l0, lInf) => {
        fc.pre(n / d <= 1000);
        const limits = { l0, lInf };
        const laplace = calibrateNoise({ ...limits, noise: 'laplace', epsilon: `${n}/${d}` });
        const epsilon = new PureAccountant().compose(laplace.event).epsilonFor({ delta: 0 });
        expect(epsilon).toBeLessThanOrEqual((n / d) * (1 + 1e-11));
        expect(epsilon).toBeGreaterThan((n / d) * 0.99);
        const gaussian = calibrateNoise({ ...limits, noise: 'gaussian', rho: `${n}/${d}` });
        const [top, bottom] = new ZeroConcentratedAccountant()
          .compose(gaussian.event)
          .exactRho.split('/')
          .map(Number) as [number, number?];
        expect(top / (bottom ?? 1)).toBeLessThanOrEqual((n / d) * (1 + 1e-14));
      }),
      { numRuns: 200 },
    );
  });

  it('is refused without its own parameter, by name', () => {
    expect(() => calibrateNoise({ l0: 1, lInf: 1, noise: 'laplace' } as never)).toThrow(/^epsilon/);
    expect(() => calibrateNoise({ l0: 1, lInf: 1, noise: 'gaussian' } as never)).toThrow(/^rho/);
    expect(() => calibrateNoise({ l0: 1, lInf: 1, epsilon: 1 } as never)).toThrow(/^noise/);
  });
});

describe('histogram', () => {
  it('releases every public key and no other', () => {
    const sums = new Map([
      ['a', 5],
      ['secret', 9],
    ]);
    const release = releaseHistogram({ noise: 'laplace', epsilon: 1, l0: 1, lInf: 1, sums, publicKeys: ['a', 'b'] });
    expect(release.counts.map(({ key }) => key)).toEqual(['a', 'b']);
    const twice = { noise: 'laplace', epsilon: 1, l0: 1, lInf: 1, sums, publicKeys: ['a', 'a'] } as const;
    expect(() => releaseHistogram(twice)).toThrow(/^publicKeys/);
  });
});

describe('thresholded keys', () => {
  it('show common keys in ascending order and hide rare ones', () => {
    const sums = new Map([
      ['z', 10_000],
      ['b', 10_000],
      ...Array.from({ length: 500 }, (_, index): [string, number] => [`rare${index}`, 1]),
    ]);
    const release = withSeededRandom('keys', () =>
      releaseThresholdedKeys({ noise: 'gaussian', rho: '0.1', l0: 1, lInf: 1, delta: '0.000000000001', sums }),
    );
    // 500 rare keys, each past the threshold with probability below 1e-12.
    expect(release.counts.map(({ key }) => key)).toEqual(['b', 'z']);
    expect(release.event).toMatchObject({ kind: 'composed' });
  });

  it('put the threshold where the tail says', () => {
    const sums = new Map<string, number>();
    const laplace = releaseThresholdedKeys({ noise: 'laplace', epsilon: 1, l0: 1, lInf: 1, delta: '0.0001', sums });
    const margin = laplace.threshold - 1;
    const tail = (m: number) => Math.exp(-m) / (1 + Math.exp(-1));
    expect(tail(margin)).toBeLessThanOrEqual(1e-4);
    expect(tail(margin - 1)).toBeGreaterThan(1e-4);
  });
});

describe('totals past the safe integers', () => {
  const most = Number.MAX_SAFE_INTEGER;

  it('are clamped, so that no release is refused for what it counts', () => {
    const sums = new Map([['a', most - 1]]);
    addContributions(sums, new Map([['a', 2 ** 30]]));
    expect(sums.get('a')).toBe(most);
    const noise = { noise: 'gaussian', rho: '1', l0: 1, lInf: 2 ** 30 } as const;
    expect(releaseHistogram({ ...noise, sums, publicKeys: ['a'] }).counts).toHaveLength(1);
    const tree = new NoisyPrefixTree({ values: [most, most, most, most], lInf: 1, rho: '1' });
    expect(Math.abs(tree.prefixSum(4) - most)).toBeLessThan(100); // deviation below 2
  });

  it('move by no more than a contribution moves, for any order and signs', () => {
    const value = fc.integer({ min: -(2 ** 30), max: 2 ** 30 });
    fc.assert(
      fc.property(fc.constantFrom(most, -most, 0), value, fc.array(value), (start, own, others) => {
        const [without, within] = [start, Math.max(-most, Math.min(most, start + own))].map((first) => {
          const sums = new Map([['a', first]]);
          for (const other of others) addContributions(sums, new Map([['a', other]]));
          return sums.get('a')!;
        });
        expect(Math.abs(within! - without!)).toBeLessThanOrEqual(Math.abs(own));
      }),
    );
  });
});

describe('prefix tree', () => {
  it('adds up to the true prefixes within its stated deviation', () => {
    const values = Array.from({ length: 100 }, (_, step) => step);
    const tree = withSeededRandom('tree', () => new NoisyPrefixTree({ values, lInf: 1, rho: 1 }));
    for (let count = 0; count <= 100; count++) {
      const truth = (count * (count - 1)) / 2;
      // 7 deviations for each of 100 sums: below 3e-10 together.
      expect(Math.abs(tree.prefixSum(count) - truth)).toBeLessThanOrEqual(7 * tree.deviationOf(count));
    }
    expect(() => tree.prefixSum(101)).toThrow(/^count/);
  });
});
