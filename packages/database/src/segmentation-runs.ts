import type { Database } from './client.ts';
import { enqueue } from './jobs/enqueue.ts';
import { segmentCustomersJob, segmentCustomersKey } from './jobs/segment-customers.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** A segmentation as the worker that holds it sees it: one that lost it writes nothing. */
export interface SegmentationHandle {
  readonly segmentationId: string;
  readonly workerId: string;
}

export interface ClaimedSegmentation extends SegmentationHandle {
  readonly reservationId: string;
}

/** Takes a PENDING one for this worker alone. @returns undefined when it is another's, or over */
export async function claimSegmentation(
  { pool }: Pick<Database, 'pool'>,
  handle: SegmentationHandle,
): Promise<ClaimedSegmentation | undefined> {
  const { rows } = await pool.query(
    `UPDATE segmentation SET status = 'TRAINING', worker_id = $2, heartbeat_at = clock_timestamp()
     WHERE id = $1 AND status = 'PENDING' RETURNING reservation_id AS "reservationId"`,
    [handle.segmentationId, handle.workerId],
  );
  return rows[0] && { ...handle, reservationId: rows[0].reservationId };
}

/** The sign of life. @returns false when it is this worker's no more */
export async function beatSegmentation({ pool }: Pick<Database, 'pool'>, handle: SegmentationHandle): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE segmentation SET heartbeat_at = clock_timestamp() WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'`,
    [handle.segmentationId, handle.workerId],
  );
  return rowCount === 1;
}

/** READY, in the transaction that stores the release. @returns false when it is this worker's no more */
export async function finishSegmentation(tx: Transaction, handle: SegmentationHandle): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE segmentation SET status = 'READY', finished_at = clock_timestamp()
     WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'`,
    [handle.segmentationId, handle.workerId],
  );
  return rowCount === 1;
}

/**
 * @param failure a fixed sentence, for a person to read: nothing that depends on customers' rows
 * @returns false when it is this worker's no more
 */
export async function failSegmentation(
  { pool }: Pick<Database, 'pool'>,
  handle: SegmentationHandle,
  failure: string,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE segmentation SET status = 'FAILED', failure = $3, finished_at = clock_timestamp()
     WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'`,
    [handle.segmentationId, handle.workerId, failure],
  );
  return rowCount === 1;
}

export interface RecoveredSegmentation {
  readonly segmentationId: string;
  readonly outcome: 'requeued' | 'failed';
}

const DIED = 'The worker died while it drew the segments. What was reserved stays charged; request them again.';

/**
 * Puts back what dead workers left, as recoverTrainings does. One whose reservation was STARTED is never drawn again:
 * whoever died may have seen an answer, and a second draw would let chance be chosen. It is FAILED, since reserving
 * anew is for those to decide whose budget it is.
 */
export async function recoverSegmentations(
  database: Pick<Database, 'pool'>,
  { staleAfterMs }: { readonly staleAfterMs: number },
): Promise<readonly RecoveredSegmentation[]> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query(
      `SELECT segmentation.id, job.locked_by AS "lockedBy", reservation.status <> 'RESERVED' AS "isStarted"
       FROM segmentation
       JOIN reservation ON reservation.id = segmentation.reservation_id
       LEFT JOIN graphile_worker.jobs job ON job.key = $2 || segmentation.id
       WHERE segmentation.status = 'TRAINING'
           AND segmentation.heartbeat_at < clock_timestamp() - $1 * interval '1 millisecond'
          OR segmentation.status = 'PENDING' AND (
               job.id IS NULL AND segmentation.created_at < clock_timestamp() - $1 * interval '1 millisecond'
               OR job.locked_at < clock_timestamp() - $1 * interval '1 millisecond'
               OR job.locked_at IS NULL AND job.attempts >= job.max_attempts)
       FOR UPDATE OF segmentation SKIP LOCKED`,
      [staleAfterMs, segmentCustomersKey('')],
    );
    const recovered: RecoveredSegmentation[] = [];
    for (const row of rows) recovered.push({ segmentationId: row.id, outcome: await recover(tx, row) });
    return recovered;
  });
}

async function recover(
  tx: Transaction,
  row: { id: string; lockedBy: string | null; isStarted: boolean },
): Promise<RecoveredSegmentation['outcome']> {
  if (row.lockedBy) await tx.query('SELECT graphile_worker.force_unlock_workers(ARRAY[$1])', [row.lockedBy]);
  // A new job, never the same one: a worker that was only stalled deletes by id what it believes to be its own.
  await tx.query('SELECT graphile_worker.remove_job($1)', [segmentCustomersKey(row.id)]);
  if (row.isStarted) {
    await tx.query(
      `UPDATE segmentation SET status = 'FAILED', worker_id = NULL, failure = $2, finished_at = clock_timestamp()
       WHERE id = $1`,
      [row.id, DIED],
    );
    return 'failed';
  }
  await tx.query(`UPDATE segmentation SET status = 'PENDING', worker_id = NULL WHERE id = $1`, [row.id]);
  await enqueue(tx, segmentCustomersJob, { segmentationId: row.id });
  return 'requeued';
}
