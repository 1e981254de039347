import { isDeepStrictEqual } from 'node:util';
import type { Database } from '@sotto/database';
import type { Queryable, ReleaseAnswer, ReleaseRequest, Reservation } from '@sotto/ledger';
import { z } from 'zod';
import { parseQuestion } from '../parse-question.ts';
import { inSnapshot } from '../population.ts';
import { type PreparedRequest, prepareRequest } from '../prepare-request.ts';
import { SEGMENT_FEATURE_NAMES } from '../spec/schemas.ts';
import { computeFeatures, FEATURE_QUERY, type FeatureRow } from './features.ts';
import { planSegments } from './plan.ts';
import { type SegmentView, toShares } from './view.ts';

const storedSpec = z.object({
  segmentCount: z.int(),
  features: z.array(z.enum(SEGMENT_FEATURE_NAMES)),
  axes: z.array(z.string()).min(1),
});

/** What the gateway takes for `requestSegmentation` (contract: SegmentationInput). */
export interface SegmentationInput {
  readonly segmentCount: number;
  readonly epsilon: string;
  readonly features?: readonly string[] | null | undefined;
}

/**
 * The release behind a segmentation, to be reserved in the transaction that enqueues its job: the same question as one
 * of kind SEGMENTS, so a stored answer to it is replayed.
 * @throws InvalidQuestionError that names the parameter
 */
export async function prepareSegmentation(
  from: Queryable,
  { segmentCount, epsilon, features }: SegmentationInput,
  { askedBy }: { askedBy: string },
): Promise<ReleaseRequest> {
  const question = parseQuestion({ kind: 'SEGMENTS', spec: { segmentCount, features }, epsilon });
  const { request }: PreparedRequest = await prepareRequest(from, question, askedBy);
  return request;
}

/**
 * Draws a segmentation that was reserved and started. To be called once for a reservation.
 * @throws Error when its price is not that of this draw (a reservation of another version of this code)
 */
export async function drawSegmentation(
  database: Pick<Database, 'pool'>,
  reservation: Pick<Reservation, 'question' | 'event' | 'epsilon' | 'delta' | 'cohorts' | 'windowEnd'>,
): Promise<ReleaseAnswer> {
  const { epsilon, delta } = reservation;
  const plan = planSegments(storedSpec.parse(reservation.question), { epsilon, delta, assumedPopulation: null });
  if (!isDeepStrictEqual(plan.event, reservation.event))
    throw new Error('the reservation was priced for another clustering than the one that would be drawn');
  return inSnapshot(database, (tx) => plan.draw(tx, reservation));
}

/** The segments of a SEGMENTS release, from its answer. */
export function readSegments({ answer }: Pick<ReleaseAnswer, 'answer'>): readonly SegmentView[] {
  return answer['segments'] as readonly SegmentView[];
}

/** Index of the segment whose centroid is nearest, with distances as the clustering has them; ties to the first. */
export function nearestSegment(
  features: readonly number[],
  axes: readonly string[],
  segments: readonly Pick<SegmentView, 'centroid'>[],
): number {
  const point = toShares(axes, features);
  let [nearest, best] = [0, Infinity];
  for (const [index, { centroid }] of segments.entries()) {
    const other = toShares(
      axes,
      axes.map((axis) => centroid[axis] ?? Number.NaN),
    );
    const distance = point.reduce((sum, value, at) => sum + (value - other[at]!) ** 2, 0);
    if (distance < best) [nearest, best] = [index, distance];
  }
  return nearest;
}

/**
 * Index of a customer's own segment: a function of their own rows and released centroids, so it costs nobody anything.
 * @param at as of when days since the last interaction are counted
 * @returns undefined when the customer has no interactions
 */
export async function findOwnSegment(
  from: Queryable,
  customerId: string,
  { answer, at }: { readonly answer: ReleaseAnswer['answer']; readonly at: Date },
): Promise<number | undefined> {
  const { rows } = await from.query<FeatureRow>(
    `SELECT ${FEATURE_QUERY.columns} FROM interaction i JOIN product p ON p.id = i.product_id
     WHERE i.customer_id = $1 GROUP BY ${FEATURE_QUERY.groupBy}`,
    [customerId],
  );
  if (rows.length === 0) return undefined;
  const axes = answer['axes'] as readonly string[];
  return nearestSegment(computeFeatures(axes, rows, at), axes, readSegments({ answer }));
}
