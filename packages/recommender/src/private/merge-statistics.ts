import { SECONDS_PER_DAY } from '../user-items.ts';
import { packedIndex, packedLength, packedRowStart } from './packed-triangle.ts';
import type { ReleasedStatistic } from './released-statistic.ts';

export interface MergeSettings {
  /** Days after which a statistic counts half against the newest. */
  readonly halfLifeDays: number;
}

/** Recent interest is for seasons and trends: what was recent a fortnight ago counts half. */
const RECENT_HALF_LIFE_DAYS = 14;

/**
 * The mean of statistics, each weighted by the inverse of its noise's variance and by its age, in the order of a catalogue:
 * several releases tell as much as one for which their budgets were spent together. Its head is the newest statistic's, less
 * what the catalogue no longer has. A product that an older statistic does not know counts there as not bought, which was so
 * before it came; its noise is then less than that of the others, never more.
 * @param statistics oldest first, at least one
 */
export function mergeStatistics(
  statistics: readonly ReleasedStatistic[],
  productIds: Int32Array,
  { halfLifeDays }: MergeSettings,
): ReleasedStatistic {
  const newest = statistics.at(-1);
  if (newest === undefined) throw new RangeError('There is no statistic to train from.');
  if (statistics.length === 1 && isSame(newest.productIds, productIds)) return newest;
  const itemOfProduct = new Map(Array.from(productIds, (product, item) => [product, item]));
  const itemsOf = (statistic: ReleasedStatistic) =>
    statistic.productIds.map((product) => itemOfProduct.get(product) ?? -1);
  const newestItems = itemsOf(newest);
  const head = newest.head
    .map((item) => newestItems[item]!)
    .filter((item) => item >= 0)
    .sort();
  const placeOfItem = new Int32Array(productIds.length).fill(-1);
  for (const [place, item] of head.entries()) placeOfItem[item] = place;

  const weigh = (part: keyof ReleasedStatistic['deviations'], days: number) =>
    toShares(statistics.map((each) => ageWeight(newest.endsAt - each.endsAt, days) / each.deviations[part] ** 2));
  const shares = weigh('diagonal', halfLifeDays);
  const interestShares = weigh('interest', halfLifeDays);
  const recentShares = weigh('recentInterest', RECENT_HALF_LIFE_DAYS);
  const coOccurrence = new Float32Array(packedLength(head.length));
  const interest = new Float32Array(productIds.length);
  const recentInterest = new Float32Array(productIds.length);
  for (const [index, statistic] of statistics.entries()) {
    const items = itemsOf(statistic);
    addInterest(statistic.interest, items, interestShares[index]!, interest);
    addInterest(statistic.recentInterest, items, recentShares[index]!, recentInterest);
    const places = statistic.head.map((item) => (items[item]! < 0 ? -1 : placeOfItem[items[item]!]!));
    addCoOccurrence(statistic.coOccurrence, places, shares[index]!, head.length, coOccurrence);
  }
  const deviationOf = (part: keyof ReleasedStatistic['deviations'], weights: readonly number[]) =>
    Math.sqrt(statistics.reduce((sum, { deviations }, at) => sum + (weights[at]! * deviations[part]) ** 2, 0));
  return {
    endsAt: newest.endsAt,
    productIds,
    interest,
    recentInterest,
    recentDays: newest.recentDays,
    head,
    coOccurrence,
    deviations: {
      diagonal: deviationOf('diagonal', shares),
      interest: deviationOf('interest', interestShares),
      recentInterest: deviationOf('recentInterest', recentShares),
    },
  };
}

function addInterest(values: Float32Array, items: Int32Array, share: number, out: Float32Array): void {
  for (const [at, item] of items.entries()) if (item >= 0) out[item] = out[item]! + share * values[at]!;
}

/** @param places in `out` of each item of the head, -1 for none */
function addCoOccurrence(
  values: Float32Array,
  places: Int32Array,
  share: number,
  order: number,
  out: Float32Array,
): void {
  const own = places.length;
  for (let row = 0; row < own; row++) {
    const place = places[row]!;
    if (place < 0) continue;
    const start = packedRowStart(own, row) - row;
    for (let column = row; column < own; column++) {
      const other = places[column]!;
      if (other < 0) continue;
      const at = packedIndex(order, place, other);
      out[at] = out[at]! + share * values[start + column]!;
    }
  }
}

function ageWeight(ageSeconds: number, halfLifeDays: number): number {
  return 2 ** (-Math.max(0, ageSeconds) / (halfLifeDays * SECONDS_PER_DAY));
}

function toShares(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function isSame(left: Int32Array, right: Int32Array): boolean {
  return left.length === right.length && left.every((value, at) => value === right[at]);
}
