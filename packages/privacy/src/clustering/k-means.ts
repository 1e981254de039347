import { composeEvents, type DpEvent } from '../accounting/dp-event.ts';
import { checkBound, checkPositive } from '../checks.ts';
import { calibrateNoise } from '../mechanisms/counts.ts';
import { addNoise } from '../mechanisms/noise.ts';
import { multiplyRationals, type Rational, type RationalInput, rational } from '../rational.ts';
import { FeatureGrid, type FeatureRange, GRID_RADIUS } from './feature-grid.ts';
import { MomentRelease } from './noisy-moments.ts';
import { seedCentroids } from './seeding.ts';

export interface Cluster {
  /** In the features' own units, within their ranges. */
  readonly centroid: readonly number[];
  /** Noisy number of accounts nearest to the centroid. */
  readonly size: number;
}

/**
 * Differentially private k-means, one point an account, on public feature ranges: centroids seeded from a private tree of
 * noisy moments (`seedCentroids`), then Lloyd's passes on noisy counts and sums (Blum et al. 2005; Su et al. 2016), then the
 * sizes around the centroids that came of it. All noise is discrete Gaussian on whole numbers; what depends on data is in
 * these releases alone.
 *
 * @param options.points row after row, one account a row
 * @param options.rho zero-concentrated cost of the whole call; 3/5 of it seeds, 3/10 is shared by the passes, 1/10 sizes
 * @param options.passes Lloyd's passes, fixed beforehand: stopping by the data would be a release
 */
export function releaseKMeans(options: {
  points: Float64Array;
  ranges: readonly FeatureRange[];
  k: number;
  rho: RationalInput;
  passes?: number;
}): { readonly clusters: readonly Cluster[]; readonly countDeviation: number; readonly event: DpEvent } {
  const grid = new FeatureGrid(options.ranges);
  const k = checkBound('k', options.k, 256);
  const rho = checkPositive('rho', options.rho);
  const passes = checkBound('passes', options.passes ?? 2, 16);
  const points = grid.quantise(options.points);

  const seeds = seedCentroids({ points, dimensions: grid.dimensions, k, rho: multiplyRationals(rho, SEED_SHARE) });
  const passRho = multiplyRationals(rho, multiplyRationals(PASS_SHARE, rational(1n, BigInt(passes))));
  const release = new MomentRelease({ dimensions: grid.dimensions, rho: passRho, hasSquares: false });
  let centroids = seeds.centroids;
  for (let pass = 0; pass < passes; pass++) {
    const moments = release.measure(points, assignPoints(points, centroids, grid.dimensions), k);
    centroids = moments.map(({ count, sums }, cluster) => {
      // A part no larger than its noise says nothing about where it is: the old centroid stays.
      if (count < 4 * release.countDeviation) return centroids[cluster]!;
      return sums.map((sum) => Math.max(-GRID_RADIUS, Math.min(GRID_RADIUS, sum / count)));
    });
  }
  // Counts of the passes belong to centroids that have moved since.
  const sizes = new Float64Array(k);
  for (const cluster of assignPoints(points, centroids, grid.dimensions)) sizes[cluster]!++;
  const noise = calibrateNoise({ noise: 'gaussian', rho: multiplyRationals(rho, SIZE_SHARE), l0: 1, lInf: 1 });
  addNoise(noise.distribution, sizes);
  return {
    clusters: centroids.map((centroid, cluster) => ({ centroid: grid.restore(centroid), size: sizes[cluster]! })),
    countDeviation: noise.deviation,
    event: composeEvents(seeds.event, { event: release.event, count: passes }, noise.event),
  };
}

const SEED_SHARE: Rational = rational(3n, 5n);
const PASS_SHARE: Rational = rational(3n, 10n);
const SIZE_SHARE: Rational = rational(1n, 10n);

/** The nearest centroid of each point, by squared distance; ties to the lowest. */
export function assignPoints(points: Int16Array, centroids: readonly Float64Array[], dimensions: number): Int32Array {
  const nearest = new Int32Array(points.length / dimensions);
  for (let point = 0; point < nearest.length; point++) {
    let best = Infinity;
    for (const [cluster, centroid] of centroids.entries()) {
      let distance = 0;
      for (let axis = 0; axis < dimensions; axis++)
        distance += (points[point * dimensions + axis]! - centroid[axis]!) ** 2;
      if (distance < best) {
        best = distance;
        nearest[point] = cluster;
      }
    }
  }
  return nearest;
}
