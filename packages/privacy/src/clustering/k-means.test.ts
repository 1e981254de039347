import { describe, expect, it } from 'vitest';
import { RenyiAccountant } from '../accounting/renyi-accountant.ts';
import { ZeroConcentratedAccountant } from '../accounting/zero-concentrated-accountant.ts';
import { FALSE_ALARMS } from '../testing/odds.ts';
import { seededRandomSource, withSeededRandom } from '../testing/seeded-random.ts';
import { releaseCoPurchases } from './co-purchases.ts';
import { FeatureGrid } from './feature-grid.ts';
import { assignPoints, releaseKMeans } from './k-means.ts';
import { seedCentroids } from './seeding.ts';

const DIMENSIONS = 4;
const K = 8;
const ranges = Array.from({ length: DIMENSIONS }, () => ({ minimum: 0, maximum: 100 }));

/** Eight separate groups of very different sizes: where uniform seeding goes wrong. */
function groups(seed: string, size: number): { points: Float64Array; centres: number[][] } {
  const random = seededRandomSource(seed);
  const centres = Array.from({ length: K }, (_, group) =>
    Array.from(
      { length: DIMENSIONS },
      (_, axis) => 15 + 70 * ((group >> (axis % 3)) & 1) + (axis === 3 ? random.below(10) : 0),
    ),
  );
  const points = new Float64Array(size * DIMENSIONS);
  for (let point = 0; point < size; point++) {
    const centre = centres[Math.floor(K * (random.below(1000) / 1000) ** 2)]!;
    for (let axis = 0; axis < DIMENSIONS; axis++) {
      points[point * DIMENSIONS + axis] = centre[axis]! + random.below(9) - 4;
    }
  }
  return { points, centres };
}

/** Mean squared distance on the grid to the nearest centroid. */
function costOf(points: Int16Array, centroids: readonly Float64Array[]): number {
  const nearest = assignPoints(points, centroids, DIMENSIONS);
  let sum = 0;
  for (let index = 0; index < points.length; index++) {
    const centroid = centroids[nearest[Math.floor(index / DIMENSIONS)]!]!;
    sum += (points[index]! - centroid[index % DIMENSIONS]!) ** 2;
  }
  return sum / nearest.length;
}

describe('private k-means', () => {
  const grid = new FeatureGrid(ranges);

  it(`seeds better than uniformly, on the median of seven data sets (accuracy, false alarm ${FALSE_ALARMS.accuracy} in all)`, () => {
    const ratios = Array.from({ length: 7 }, (_, round) => {
      const points = grid.quantise(groups(`groups ${round}`, 4000).points);
      return withSeededRandom(`seeding ${round}`, () => {
        const { centroids } = seedCentroids({
          points,
          dimensions: DIMENSIONS,
          k: K,
          rho: { numerator: 1n, denominator: 10n },
        });
        const random = seededRandomSource(`uniform ${round}`);
        const uniform = Array.from({ length: K }, () =>
          Float64Array.from({ length: DIMENSIONS }, () => random.below(2049) - 1024),
        );
        return costOf(points, centroids) / costOf(points, uniform);
      });
    });
    ratios.sort((a, b) => a - b);
    expect(ratios[3]).toBeLessThan(0.35);
  });

  it('finds separate groups at a moderate budget', () => {
    const { points, centres } = groups('recover', 6000);
    const { clusters, event } = withSeededRandom('recover', () => releaseKMeans({ points, ranges, k: K, rho: '0.5' }));
    const found = centres.filter((centre) =>
      clusters.some(({ centroid }) => Math.hypot(...centroid.map((value, axis) => value - centre[axis]!)) < 12),
    );
    expect(found.length).toBeGreaterThanOrEqual(K - 1);
    expect(new ZeroConcentratedAccountant().compose(event).epsilonFor({ delta: 1e-6 })).toBeLessThan(6);
  });

  it('counts the accounts nearest to the centroids that it gives (false alarm below 1e-9)', () => {
    const { points } = groups('sizes', 6000);
    const { clusters, countDeviation } = withSeededRandom('sizes', () =>
      releaseKMeans({ points, ranges, k: K, rho: '0.5' }),
    );
    const near = Array.from({ length: K }, () => 0);
    for (let at = 0; at < points.length; at += DIMENSIONS) {
      const distances = clusters.map(({ centroid }) =>
        Math.hypot(...centroid.map((value, axis) => value - points[at + axis]!)),
      );
      near[distances.indexOf(Math.min(...distances))]!++;
    }
    // Points that the grid's rounding moves over a border are few beside seven deviations.
    for (const [cluster, { size }] of clusters.entries())
      expect(Math.abs(size - near[cluster]!)).toBeLessThan(7 * countDeviation + 5);
  });

  it('costs no more than rho, whatever the data', () => {
    const options = { ranges, k: 5, rho: '0.25', passes: 3 };
    const empty = releaseKMeans({ ...options, points: new Float64Array() });
    const full = releaseKMeans({ ...options, points: groups('cost', 500).points });
    expect(full.event).toEqual(empty.event);
    const [top, bottom] = new ZeroConcentratedAccountant().compose(full.event).exactRho.split('/').map(Number) as [
      number,
      number,
    ];
    expect(top / bottom).toBeLessThanOrEqual(0.25);
    expect(top / bottom).toBeGreaterThan(0.249);
    expect(new RenyiAccountant().supports(full.event)).toBe(true);
    expect(empty.clusters).toHaveLength(5);
  });

  it('keeps centroids in the public ranges and clamps what lies outside', () => {
    const points = Float64Array.of(Number.NaN, Infinity, -Infinity, 1e300, 50, 50, 50, 50);
    const { clusters } = releaseKMeans({ points, ranges, k: 2, rho: 1 });
    for (const { centroid } of clusters) for (const value of centroid) expect(value >= 0 && value <= 100).toBe(true);
    expect(grid.restore(Float64Array.of(-1024, 1024, 0, 0))).toEqual([0, 100, 50, 50]);
  });

  it('refuses missing ranges and sizes by name', () => {
    const points = new Float64Array(4);
    expect(() => releaseKMeans({ points, ranges: [], k: 1, rho: 1 })).toThrow(/^ranges/);
    expect(() => releaseKMeans({ points, ranges: [{ minimum: 1, maximum: 1 }], k: 1, rho: 1 })).toThrow(/^ranges/);
    expect(() => releaseKMeans({ points, ranges: [{ minimum: 0, maximum: Infinity }], k: 1, rho: 1 })).toThrow(
      /^ranges.maximum/,
    );
    expect(() => releaseKMeans({ points, ranges, k: 0, rho: 1 })).toThrow(/^k/);
    expect(() => releaseKMeans({ points, ranges, k: 1, rho: 0 })).toThrow(/^rho/);
  });
});

describe('co-purchases', () => {
  const accounts = Array.from({ length: 3000 }, (_, index) =>
    index % 3 === 0 ? ['tea', 'cup'] : ['tea', `rare ${index}`],
  );

  it('shows common pairs and hides those of one account', () => {
    const { pairs, deviation } = withSeededRandom('pairs', () =>
      releaseCoPurchases({ accounts, maxPairs: 5, noise: 'laplace', epsilon: 1, delta: '0.00000000001' }),
    );
    // 2,000 pairs of one account each pass with probability below 2e-12.
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([['cup', 'tea']]);
    expect(Math.abs(pairs[0]!.value - 1000)).toBeLessThan(12 * deviation);
  });

  it('counts one account in at most maxPairs pairs, whatever it bought', () => {
    const basket = Array.from({ length: 60 }, (_, index) => `p${index}`);
    const publicPairs = basket.flatMap((first, i) => basket.slice(i + 1).map((second) => ({ first, second })));
    // So much epsilon that the noise rounds to nothing: what is left is the bounded contribution itself.
    const release = releaseCoPurchases({
      accounts: [basket, basket],
      maxPairs: 7,
      noise: 'laplace',
      epsilon: 1000,
      publicPairs,
    });
    expect(release.pairs).toHaveLength((60 * 59) / 2);
    expect(release.pairs.reduce((sum, { value }) => sum + value, 0)).toBe(14);
  });

  it('refuses without a bound, a delta or different products, by name', () => {
    expect(() => releaseCoPurchases({ accounts, noise: 'laplace', epsilon: 1, delta: '0.1' } as never)).toThrow(
      /^maxPairs/,
    );
    expect(() => releaseCoPurchases({ accounts, maxPairs: 1, noise: 'laplace', epsilon: 1 } as never)).toThrow(
      /^delta/,
    );
    const same = [{ first: 'a', second: 'a' }];
    expect(() =>
      releaseCoPurchases({ accounts, maxPairs: 1, noise: 'laplace', epsilon: 1, publicPairs: same }),
    ).toThrow(/^publicPairs/);
  });
});
