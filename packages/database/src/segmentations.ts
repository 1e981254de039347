import { randomUUID } from 'node:crypto';
import type { Database } from './client.ts';
import { enqueue } from './jobs/enqueue.ts';
import { segmentCustomersJob } from './jobs/segment-customers.ts';
import type { ModelStatus } from './model-versions.ts';
import type { Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

/** Customers grouped by a private clustering. The segments are in the answer of its release. */
export interface Segmentation {
  readonly id: string;
  readonly status: ModelStatus;
  readonly segmentCount: number;
  readonly features: readonly string[];
  /** What it costs alone, an exact decimal. */
  readonly epsilon: string;
  /** An API key's name or a role, never a person. */
  readonly requestedBy: string;
  /** Also the id of the release. */
  readonly reservationId: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** Why it is FAILED, for a person to read: one of fixed sentences. */
  readonly failure: string | null;
}

export interface SegmentationPage {
  /** Newest first. */
  readonly segmentations: readonly Segmentation[];
  readonly hasNextPage: boolean;
}

const COLUMNS = `id, status::text AS status, segment_count AS "segmentCount", features,
  trim_scale(epsilon)::text AS epsilon, requested_by AS "requestedBy", reservation_id AS "reservationId",
  created_at AS "createdAt", finished_at AS "finishedAt", failure`;

export type SegmentationRequest = Pick<
  Segmentation,
  'segmentCount' | 'features' | 'epsilon' | 'requestedBy' | 'reservationId'
>;

/** Inserts it PENDING with its job, in the transaction that reserved. */
export async function insertSegmentation(tx: Transaction, request: SegmentationRequest): Promise<Segmentation> {
  const segmentation = await insert(tx, request, 'PENDING');
  await enqueue(tx, segmentCustomersJob, { segmentationId: segmentation.id });
  return segmentation;
}

/** Inserts it READY: its release is stored already. */
export function insertReadySegmentation(tx: Transaction, request: SegmentationRequest): Promise<Segmentation> {
  return insert(tx, request, 'READY');
}

async function insert(
  tx: Transaction,
  request: SegmentationRequest,
  status: 'PENDING' | 'READY',
): Promise<Segmentation> {
  const { rows } = await tx.query<Segmentation>(
    `INSERT INTO segmentation
       (id, status, segment_count, features, epsilon, requested_by, reservation_id, finished_at)
     VALUES ($1, $2::model_status, $3, $4, $5, $6, $7, CASE WHEN $2 = 'READY' THEN clock_timestamp() END)
     RETURNING ${COLUMNS}`,
    [
      randomUUID(),
      status,
      request.segmentCount,
      request.features,
      request.epsilon,
      request.requestedBy,
      request.reservationId,
    ],
  );
  return rows[0]!;
}

/** @returns undefined when there is none */
export async function findSegmentation(
  { pool }: Pick<Database, 'pool'>,
  id: string,
): Promise<Segmentation | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await pool.query<Segmentation>(`SELECT ${COLUMNS} FROM segmentation WHERE id = $1`, [id]);
  return rows[0];
}

/** The newest that is READY. */
export async function findCurrentSegmentation({ pool }: Pick<Database, 'pool'>): Promise<Segmentation | undefined> {
  const { rows } = await pool.query<Segmentation>(
    `SELECT ${COLUMNS} FROM segmentation WHERE status = 'READY' ORDER BY created_at DESC, id DESC LIMIT 1`,
  );
  return rows[0];
}

/** The one that shows a release's answer, or waits for it; a FAILED one shows none. */
export async function findSegmentationOf(tx: Transaction, reservationId: string): Promise<Segmentation | undefined> {
  const { rows } = await tx.query<Segmentation>(
    `SELECT ${COLUMNS} FROM segmentation WHERE reservation_id = $1 AND status <> 'FAILED' ORDER BY created_at LIMIT 1`,
    [reservationId],
  );
  return rows[0];
}

/**
 * One that waits or is being drawn for the same question, at least as exactly: however long that takes, asking again is
 * no reason to pay again.
 * @param epsilon an exact decimal
 */
export async function findWaitingSegmentation(
  tx: Transaction,
  question: Readonly<Record<string, unknown>>,
  epsilon: string,
): Promise<Segmentation | undefined> {
  const { rows } = await tx.query<Segmentation>(
    `SELECT ${COLUMNS} FROM segmentation
     WHERE status IN ('PENDING', 'TRAINING') AND EXISTS (
       SELECT FROM reservation
       WHERE reservation.id = reservation_id AND reservation.question = $1::jsonb AND reservation.epsilon >= $2
     )
     ORDER BY created_at LIMIT 1`,
    [JSON.stringify(question), epsilon],
  );
  return rows[0];
}

/**
 * Lists them, newest first.
 * @param after the id of the last one of the page before
 * @returns undefined when `after` names none
 */
export async function listSegmentations(
  database: Pick<Database, 'pool'>,
  { first, after }: { readonly first: number; readonly after?: string | undefined },
): Promise<SegmentationPage | undefined> {
  const last = after === undefined ? undefined : await findSegmentation(database, after);
  if (after !== undefined && !last) return undefined;
  const { rows } = await database.pool.query<Segmentation>(
    `SELECT ${COLUMNS} FROM segmentation
     WHERE $2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid)
     ORDER BY created_at DESC, id DESC LIMIT $1`,
    [first + 1, last?.createdAt ?? null, last?.id ?? null],
  );
  return { segmentations: rows.slice(0, first), hasNextPage: rows.length > first };
}
