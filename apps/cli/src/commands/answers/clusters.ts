type Point = readonly number[];

const MAX_PASSES = 200;

/** Index of the nearest centroid of each point, by squared distance; ties to the first. */
export function assignPoints(points: readonly Point[], centroids: readonly Point[]): number[] {
  return points.map((point) => {
    let [nearest, best] = [0, Infinity];
    for (const [index, centroid] of centroids.entries()) {
      const distance = squaredDistance(point, centroid);
      if (distance < best) [nearest, best] = [index, distance];
    }
    return nearest;
  });
}

/** Lloyd's passes without noise until no point changes its cluster. A cluster without points stays where it is. */
export function refineCentroids(points: readonly Point[], start: readonly Point[]): readonly Point[] {
  let centroids = start;
  let assigned = assignPoints(points, centroids);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const groups = centroids.map(() => [] as Point[]);
    for (const [index, nearest] of assigned.entries()) groups[nearest]!.push(points[index]!);
    centroids = centroids.map((centroid, index) => (groups[index]!.length > 0 ? meanOf(groups[index]!) : centroid));
    const next = assignPoints(points, centroids);
    if (next.every((nearest, index) => nearest === assigned[index])) break;
    assigned = next;
  }
  return centroids;
}

/** Share of the points' squared distances from their mean that is between the centroids rather than within: at most 1. */
export function explainVariance(points: readonly Point[], centroids: readonly Point[]): number {
  const centre = meanOf(points);
  const assigned = assignPoints(points, centroids);
  let [within, total] = [0, 0];
  for (const [index, point] of points.entries()) {
    within += squaredDistance(point, centroids[assigned[index]!]!);
    total += squaredDistance(point, centre);
  }
  return total === 0 ? 1 : 1 - within / total;
}

function meanOf(points: readonly Point[]): Point {
  const sums = points[0]!.map(() => 0);
  for (const point of points) for (const [axis, value] of point.entries()) sums[axis]! += value;
  return sums.map((sum) => sum / points.length);
}

function squaredDistance(a: Point, b: Point): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) sum += (a[axis]! - b[axis]!) ** 2;
  return sum;
}
