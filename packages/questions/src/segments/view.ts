import { rangeOf } from './features.ts';
import { projectOntoPlane } from './projection.ts';

/** A segment as it is shown: all of it is computed from the released centroids and sizes. */
export interface SegmentView {
  readonly label: string;
  /** Noisy number of accounts; may be below zero. */
  readonly size: number;
  readonly sizeLower: number;
  readonly sizeUpper: number;
  /** By axis, in its own units. */
  readonly centroid: Readonly<Record<string, number>>;
  /** What sets it apart, the strongest first. */
  readonly traits: readonly string[];
  /** Where it lies on a map: distances between segments, as far as two dimensions can show them. */
  readonly x: number;
  readonly y: number;
}

export interface ReleasedCluster {
  readonly centroid: readonly number[];
  readonly size: number;
  readonly sizeLower: number;
  readonly sizeUpper: number;
}

/** As a share of its range, an axis must be so far from the average of all segments to be a trait. */
const TRAIT_DISTANCE = 0.12;
const MAX_TRAITS = 4;
const LABEL_TRAITS = 2;
const WORDS: Readonly<Record<string, { readonly high: string; readonly low: string }>> = {
  recency: { high: 'long away', low: 'here lately' },
  frequency: { high: 'buys often', low: 'buys rarely' },
  spend: { high: 'spends much', low: 'spends little' },
};
const DAY_PART_WORDS: Readonly<Record<string, string>> = {
  night: 'at night',
  morning: 'in the morning',
  afternoon: 'in the afternoon',
  evening: 'in the evening',
};

export function describeSegments(axes: readonly string[], clusters: readonly ReleasedCluster[]): SegmentView[] {
  const points = clusters.map(({ centroid }) => toShares(axes, centroid));
  const averages = averagePoint(points, clusters);
  const places = projectOntoPlane(points);
  const used = new Map<string, number>();
  return clusters.map(({ centroid, size, sizeLower, sizeUpper }, index) => {
    const traits = findTraits(axes, points[index]!, averages);
    const name = traits.slice(0, LABEL_TRAITS).join(', ') || 'average';
    const label = firstUpper(name);
    const nth = (used.get(label) ?? 0) + 1;
    used.set(label, nth);
    return {
      label: nth === 1 ? label : `${label} (${nth})`,
      size,
      sizeLower,
      sizeUpper,
      centroid: Object.fromEntries(axes.map((axis, at) => [axis, centroid[at]!])),
      traits,
      ...places[index]!,
    };
  });
}

/** Each coordinate as a share of its axis's range, as the clustering measures distances. */
export function toShares(axes: readonly string[], features: readonly number[]): number[] {
  return axes.map((axis, at) => {
    const { minimum, maximum } = rangeOf(axis);
    const share = (features[at]! - minimum) / (maximum - minimum);
    return Number.isNaN(share) ? 0.5 : Math.min(1, Math.max(0, share));
  });
}

/** Weighted by the noisy sizes; one below zero weighs nothing. */
function averagePoint(points: readonly (readonly number[])[], clusters: readonly ReleasedCluster[]): number[] {
  const weights = clusters.map(({ size }) => Math.max(0, size));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return points[0]!.map((_, at) =>
    points.reduce(
      (sum, point, index) => sum + point[at]! * (total > 0 ? weights[index]! / total : 1 / points.length),
      0,
    ),
  );
}

function findTraits(axes: readonly string[], point: readonly number[], averages: readonly number[]): string[] {
  return axes
    .map((axis, at) => ({ axis, distance: point[at]! - averages[at]! }))
    .filter(({ distance }) => Math.abs(distance) >= TRAIT_DISTANCE)
    .sort((a, b) => Math.abs(b.distance) - Math.abs(a.distance))
    .flatMap(({ axis, distance }) => wordsFor(axis, distance > 0))
    .slice(0, MAX_TRAITS);
}

/** That somebody does less of one thing says what they do more of: a low share has no words. */
function wordsFor(axis: string, isHigh: boolean): string[] {
  const words = WORDS[axis];
  if (words !== undefined) return [isHigh ? words.high : words.low];
  if (!isHigh) return [];
  const [feature = '', part = ''] = [axis.slice(0, axis.indexOf(':')), axis.slice(axis.indexOf(':') + 1)];
  if (feature === 'category') return [`likes ${part}`];
  return feature === 'hour' ? [`shops ${DAY_PART_WORDS[part]}`] : [`by ${part.toLowerCase().replace('_', ' ')}`];
}

function firstUpper(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
