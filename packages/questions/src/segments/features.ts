import type { FeatureRange } from '@sotto/privacy';
import type { RowQuery } from '../population.ts';
import type { Spec } from '../spec/canonical.ts';
import { CHANNELS } from '../spec/filter.ts';
import type { SegmentFeatureName } from '../spec/schemas.ts';

/** What segments may be made of. Ranges are constants: a range from the data would be a release. */
export const SEGMENT_FEATURES: readonly (FeatureRange & {
  readonly name: SegmentFeatureName;
  readonly description: string;
})[] = [
  {
    name: 'recency',
    minimum: 0,
    maximum: 365,
    description: 'Days since the last interaction, at the end of the window.',
  },
  { name: 'frequency', minimum: 0, maximum: 7, description: 'log2(1 + number of purchases).' },
  { name: 'spend', minimum: 0, maximum: 5, description: 'log10(1 + money spent in all).' },
  { name: 'category', minimum: 0, maximum: 1, description: 'Share of interactions by top-level category.' },
  { name: 'hour', minimum: 0, maximum: 1, description: 'Share of interactions by part of the day (UTC).' },
  { name: 'channel', minimum: 0, maximum: 1, description: 'Share of interactions by channel.' },
];

/** More axes would be more noise on each; the categories with the most products are taken. */
export const MAX_CATEGORY_AXES = 10;
const DAY_PARTS = ['night', 'morning', 'afternoon', 'evening'] as const;
const DAY_PART_HOURS = 6;
const SECONDS_PER_DAY = 86_400;

/** What a segmentation is of: the question as the ledger keeps it, so that a later catalogue does not change its axes. */
export interface SegmentationSpec {
  readonly segmentCount: number;
  readonly features: readonly SegmentFeatureName[];
  /** One coordinate each: `recency`, `category:Books`, `hour:night`. */
  readonly axes: readonly string[];
}

/** @param categories the catalogue's main categories, which are public */
export function resolveSegmentation(
  { segmentCount, features }: Spec<'SEGMENTS'>,
  categories: readonly string[],
): SegmentationSpec {
  const parts: Readonly<Record<SegmentFeatureName, readonly string[] | null>> = {
    recency: null,
    frequency: null,
    spend: null,
    category: categories,
    hour: DAY_PARTS,
    channel: CHANNELS,
  };
  const axes = features.flatMap((name) => parts[name]?.map((part) => `${name}:${part}`) ?? [name]);
  // A catalogue without categories leaves nothing to be near or far in.
  return { segmentCount, features, axes: axes.length > 0 ? axes : ['recency'] };
}

export function rangeOf(axis: string): FeatureRange {
  const name = axis.split(':', 1)[0];
  const { minimum, maximum } = SEGMENT_FEATURES.find((feature) => feature.name === name)!;
  return { minimum, maximum };
}

/** An account's interactions, grouped. */
export interface FeatureRow {
  readonly category: string | null;
  readonly channel: string | null;
  readonly part: number;
  readonly interactions: number;
  readonly purchases: number;
  /** In the shop's currency. */
  readonly spend: number;
  /** Seconds since 1970. */
  readonly last: number;
}

export const FEATURE_QUERY: RowQuery = {
  columns: `p.categories[1] AS category, i.channel::text AS channel,
    floor(date_part('hour', i.occurred_at AT TIME ZONE 'UTC') / ${DAY_PART_HOURS})::int AS part,
    count(*)::float8 AS interactions, (count(*) FILTER (WHERE i.type = 'PURCHASE'))::float8 AS purchases,
    coalesce(sum(i.price * coalesce(i.quantity, 1)) FILTER (WHERE i.type = 'PURCHASE'), 0)::float8 AS spend,
    date_part('epoch', max(i.occurred_at))::float8 AS last`,
  filter: {},
  groupBy: 'category, channel, part',
};

/**
 * The features of one account, from its own rows alone. Values past an axis's range are cut off by the clustering.
 * @param rows at least one
 */
export function computeFeatures(axes: readonly string[], rows: readonly FeatureRow[], windowEnd: Date): number[] {
  let [interactions, purchases, spend, last] = [0, 0, 0, 0];
  const counts = new Map<string, number>();
  const add = (axis: string, count: number) => counts.set(axis, (counts.get(axis) ?? 0) + count);
  for (const row of rows) {
    interactions += row.interactions;
    purchases += row.purchases;
    spend += row.spend;
    last = Math.max(last, row.last);
    add(`hour:${DAY_PARTS[row.part]}`, row.interactions);
    if (row.category !== null) add(`category:${row.category}`, row.interactions);
    if (row.channel !== null) add(`channel:${row.channel}`, row.interactions);
  }
  const scalars = new Map([
    ['recency', (windowEnd.getTime() / 1000 - last) / SECONDS_PER_DAY],
    ['frequency', Math.log2(1 + purchases)],
    ['spend', Math.log10(1 + spend)],
  ]);
  return axes.map((axis) => scalars.get(axis) ?? (counts.get(axis) ?? 0) / interactions);
}
