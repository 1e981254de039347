import type { Database } from '@sotto/database';
import type { Release } from '@sotto/ledger';
import { readSegments, SEGMENT_FEATURES, type SegmentView } from '@sotto/questions';
import type { AnalystQuestion } from '../analyst-question.ts';
import { assignPoints, explainVariance, refineCentroids } from '../clusters.ts';
import { type FormatValue, formatCount, formatShare } from '../format.ts';
import { CONSENTING_ROWS, toTruths } from '../truth.ts';

/** Features that do not depend on the day on which the question is asked. */
export type LastingFeature = 'frequency' | 'spend' | 'category';

/** SEGMENTS: groups of customers that shop alike. */
export function askSegments({
  segmentCount,
  features,
  money,
}: {
  readonly segmentCount: number;
  readonly features: readonly LastingFeature[];
  readonly money: FormatValue;
}): AnalystQuestion {
  return {
    name: 'segments',
    title: 'Segments',
    asks: `Into which ${segmentCount} groups do customers fall by ${features.join(', ')}, and how large are they?`,
    kind: 'SEGMENTS',
    spec: { segmentCount, features },
    bounds: 'a customer is one point on axes of fixed ranges',
    bias: 'What is beyond the end of an axis counts as its end. Exact are the customers nearest to each released centre.',
    errorScale: 'axis',
    heading: 'segment, and its centre',
    labelRow: ({ key }, { answer }) => labelSegment(readSegments({ answer })[Number(key) - 1]!, money),
    async measureTruths(pool, release) {
      const { points, centroids } = await readClusters(pool, release);
      const sizes = centroids.map(() => 0);
      for (const nearest of assignPoints(points, centroids)) sizes[nearest]!++;
      return toTruths(sizes.map((size, index) => ({ key: `${index + 1}`, exact: size, bounded: size })));
    },
    async describeQuality(pool, release) {
      const { points, centroids } = await readClusters(pool, release);
      const explained = formatShare(explainVariance(points, centroids));
      const refined = formatShare(explainVariance(points, refineCentroids(points, centroids)));
      return `The released centres explain ${explained} of the customers' variance; refined on the exact rows they would explain ${refined}.`;
    },
  };
}

/** The released label and what its centre is in ordinary numbers. Both axes are logarithms of one more (SEGMENT_FEATURES). */
function labelSegment({ label, centroid }: SegmentView, money: FormatValue): string {
  const [purchases, spend] = [2 ** (centroid['frequency'] ?? 0) - 1, 10 ** (centroid['spend'] ?? 0) - 1];
  return `${label} (${formatCount(purchases)} bought for ${money(100 * spend)})`;
}

/** Accounts and released centroids as shares of each axis's range. */
async function readClusters(pool: Database['pool'], { answer }: Pick<Release, 'answer'>) {
  const axes = answer['axes'] as readonly string[];
  const centroids = readSegments({ answer }).map(({ centroid }) => axes.map((axis) => toShare(axis, centroid[axis]!)));
  const { rows } = await pool.query<{ features: Readonly<Record<string, number>> }>(
    `WITH part AS (
       SELECT i.customer_id, p.categories[1] AS category, count(*) AS interactions,
         count(*) FILTER (WHERE i.type = 'PURCHASE') AS purchases,
         coalesce(sum(i.price * coalesce(i.quantity, 1)) FILTER (WHERE i.type = 'PURCHASE'), 0) AS spend
       FROM ${CONSENTING_ROWS} GROUP BY 1, 2
     )
     SELECT jsonb_build_object('frequency', log(2, 1 + sum(purchases)), 'spend', log(10, 1 + sum(spend)))
       || coalesce(jsonb_object_agg('category:' || category, interactions / total) FILTER (WHERE category IS NOT NULL), '{}')
       AS features
     FROM (SELECT *, sum(interactions) OVER (PARTITION BY customer_id) AS total FROM part) shared GROUP BY customer_id`,
  );
  return { centroids, points: rows.map(({ features }) => axes.map((axis) => toShare(axis, features[axis] ?? 0))) };
}

function toShare(axis: string, value: number): number {
  const { minimum, maximum } = SEGMENT_FEATURES.find(({ name }) => name === axis.split(':', 1)[0])!;
  return Math.min(1, Math.max(0, (value - minimum) / (maximum - minimum)));
}
