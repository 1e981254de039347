import { composeEvents, type DpEvent } from '../accounting/dp-event.ts';
import { randomSource } from '../random.ts';
import { multiplyRationals, type Rational, rational } from '../rational.ts';
import { GRID_RADIUS } from './feature-grid.ts';
import { MomentRelease, type Moments } from './noisy-moments.ts';

const MAX_LEVELS = 8;
const RESTARTS = 16;

/** A place with a weight: what the private tree knows of the points in one of its parts. */
interface WeightedPoint {
  readonly position: Float64Array;
  readonly weight: number;
}

/**
 * Seeds centroids from a private coreset, which finds separate groups where uniform seeding falls between them: a tree of
 * parts is grown for a fixed number of levels, each part split across its widest axis at its noisy mean, and the leaves'
 * noisy means, weighted by noisy counts, are clustered by k-means++ with restarts (Arthur and Vassilvitskii 2007). In the
 * spirit of the private coresets of Balcan et al. (2017) and Chang et al. (2021). Only the moments of the parts touch data,
 * one release of all parts a level; splits and clustering are post-processing.
 */
export function seedCentroids(options: { points: Int16Array; dimensions: number; k: number; rho: Rational }): {
  readonly centroids: readonly Float64Array[];
  readonly event: DpEvent;
} {
  const { points, dimensions, k } = options;
  const levels = Math.min(MAX_LEVELS, Math.ceil(Math.log2(4 * k)) + 1);
  const rho = multiplyRationals(options.rho, rational(1n, BigInt(levels)));
  const release = new MomentRelease({ dimensions, rho, hasSquares: true });
  const smallest = 8 * release.countDeviation;

  const partOf = new Int32Array(points.length / dimensions);
  const leaves: WeightedPoint[] = [];
  let parts = 1;
  for (let level = 0; level < levels && parts > 0; level++) {
    const moments = release.measure(points, partOf, parts);
    const splits: (Split | null)[] = [];
    let next = 0;
    for (const part of moments) {
      const isWorthSplitting = level < levels - 1 && part.count >= smallest;
      if (isWorthSplitting) {
        splits.push({ ...widestAxis(part), below: next, above: next + 1 });
        next += 2;
        continue;
      }
      splits.push(null);
      if (part.count >= smallest / 4) leaves.push(toWeightedPoint(part));
    }
    for (let point = 0; point < partOf.length; point++) {
      const split = splits[partOf[point]!] ?? null;
      if (split === null) partOf[point] = -1;
      else partOf[point] = points[point * dimensions + split.axis]! < split.at ? split.below : split.above;
    }
    parts = next;
  }
  return {
    centroids: clusterCoreset(leaves, k, dimensions),
    event: composeEvents({ event: release.event, count: levels }),
  };
}

interface Split {
  readonly axis: number;
  readonly at: number;
  readonly below: number;
  readonly above: number;
}

function widestAxis({ count, sums, squares }: Moments): { axis: number; at: number } {
  let axis = 0;
  let widest = -Infinity;
  for (let candidate = 0; candidate < sums.length; candidate++) {
    const variance = squares[candidate]! / count - (sums[candidate]! / count) ** 2;
    if (variance > widest) [axis, widest] = [candidate, variance];
  }
  return { axis, at: sums[axis]! / count };
}

function toWeightedPoint({ count, sums }: Moments): WeightedPoint {
  const position = sums.map((sum) => Math.max(-GRID_RADIUS, Math.min(GRID_RADIUS, sum / count)));
  return { position, weight: count };
}

/** The best of several weighted k-means++ starts, each improved by Lloyd's passes on the coreset. */
function clusterCoreset(coreset: readonly WeightedPoint[], k: number, dimensions: number): readonly Float64Array[] {
  let best: readonly Float64Array[] = [];
  let bestCost = Infinity;
  for (let restart = 0; restart < RESTARTS; restart++) {
    let centroids = plusPlusStart(coreset, k, dimensions);
    for (let pass = 0; pass < 10; pass++) centroids = improve(coreset, centroids);
    const cost = coreset.reduce((sum, point) => sum + point.weight * nearest(point.position, centroids).distance, 0);
    if (cost < bestCost) [best, bestCost] = [centroids, cost];
  }
  return best;
}

function plusPlusStart(coreset: readonly WeightedPoint[], k: number, dimensions: number): Float64Array[] {
  const centroids: Float64Array[] = [];
  while (centroids.length < k) {
    const masses = coreset.map(({ position, weight }) =>
      centroids.length === 0 ? weight : weight * nearest(position, centroids).distance,
    );
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    // Fewer places than centroids: the rest are anywhere in the public ranges.
    centroids.push(total > 0 ? Float64Array.from(coreset[drawIndex(masses, total)]!.position) : anywhere(dimensions));
  }
  return centroids;
}

function improve(coreset: readonly WeightedPoint[], centroids: readonly Float64Array[]): Float64Array[] {
  const weights = new Float64Array(centroids.length);
  const sums = centroids.map((centroid) => new Float64Array(centroid.length));
  for (const { position, weight } of coreset) {
    const { index } = nearest(position, centroids);
    weights[index]! += weight;
    for (let axis = 0; axis < position.length; axis++) sums[index]![axis]! += weight * position[axis]!;
  }
  return centroids.map((centroid, index) =>
    weights[index]! > 0 ? sums[index]!.map((sum) => sum / weights[index]!) : centroid,
  );
}

function nearest(position: Float64Array, centroids: readonly Float64Array[]): { index: number; distance: number } {
  let index = 0;
  let distance = Infinity;
  for (const [candidate, centroid] of centroids.entries()) {
    let squared = 0;
    for (let axis = 0; axis < position.length; axis++) squared += (position[axis]! - centroid[axis]!) ** 2;
    if (squared < distance) [index, distance] = [candidate, squared];
  }
  return { index, distance };
}

function drawIndex(masses: readonly number[], total: number): number {
  let rest = (randomSource().below(2 ** 52) / 2 ** 52) * total;
  for (const [index, mass] of masses.entries()) {
    rest -= mass;
    if (rest < 0) return index;
  }
  return masses.length - 1;
}

function anywhere(dimensions: number): Float64Array {
  const random = randomSource();
  return Float64Array.from({ length: dimensions }, () => random.below(2 * GRID_RADIUS + 1) - GRID_RADIUS);
}
