import { dropUnusedArtifacts, lockActivation, moveActivePointer } from './activation.ts';
import { writeArtifact } from './artifacts.ts';
import type { Database } from './client.ts';
import { enqueue } from './jobs/enqueue.ts';
import { trainModelJob, trainModelKey } from './jobs/train-model.ts';
import type { PrivacyLevel } from './model-versions.ts';
import { notify, TRAINING_CHANNEL } from './notify.ts';
import {
  type ModelMetric,
  type TrainingPoint,
  writeModelMetrics,
  writeTrainingLog,
  writeTrainingPoints,
} from './training-progress.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/** After so many beginnings a run is given up: it may be what kills its workers. */
const MAX_ATTEMPTS = 3;

/** A run as the worker that holds it sees it. Every statement about it names both, so a worker that lost it writes nothing. */
export interface TrainingRunHandle {
  readonly modelVersionId: string;
  readonly workerId: string;
}

export interface ClaimedRun extends TrainingRunHandle {
  readonly algorithm: string;
  readonly hyperparameters: unknown;
  readonly privacyLevel: PrivacyLevel;
  /** The release to draw; null for a model without privacy, or from stored releases alone. */
  readonly reservationId: string | null;
}

/** What a private model was computed from, and what that cost. */
export interface PrivateLineage {
  readonly releaseIds: readonly string[];
  /** Decimals: the releases together. */
  readonly epsilon: string;
  readonly delta: string;
}

export interface TrainingReport {
  /** 0..1 */
  readonly progress: number;
  readonly points: readonly TrainingPoint[];
  readonly lines: readonly string[];
}

/**
 * Takes a PENDING version, or one whose worker has given no sign of life for `staleAfterMs`, for this worker alone.
 * @returns undefined when it is another's, over, or cancelled
 */
export async function claimTraining(
  database: Database,
  run: TrainingRunHandle,
  options: { readonly staleAfterMs: number; readonly device: string },
): Promise<ClaimedRun | undefined> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query(
      `UPDATE model_version
       SET status = 'TRAINING', worker_id = $2, device = $3, attempts = attempts + 1, heartbeat_at = clock_timestamp(),
           started_at = clock_timestamp(), progress = 0
       WHERE id = $1 AND NOT is_cancel_requested AND attempts < $5
         AND (status = 'PENDING'
              OR status = 'TRAINING' AND heartbeat_at < clock_timestamp() - $4 * interval '1 millisecond')
       RETURNING algorithm, hyperparameters, privacy_level AS "privacyLevel", reservation_id AS "reservationId"`,
      [run.modelVersionId, run.workerId, options.device, options.staleAfterMs, MAX_ATTEMPTS],
    );
    if (rows.length === 0) return undefined;
    // An earlier worker's curve would run into this one's.
    await tx.query('DELETE FROM training_point WHERE model_version_id = $1', [run.modelVersionId]);
    await notify(tx, TRAINING_CHANNEL, run.modelVersionId);
    return { ...run, ...rows[0] };
  });
}

/**
 * Keeps the run this worker's until the transaction ends, for what must be written only by whoever holds it.
 * @returns false when it was lost to another worker, or is over
 */
export async function holdTraining(tx: Transaction, run: TrainingRunHandle): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM model_version WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING' FOR UPDATE`,
    [run.modelVersionId, run.workerId],
  );
  return rowCount === 1;
}

/** Under holdTraining: the run draws another release, since the one before may have been read for already. */
export async function replaceReservation(
  tx: Transaction,
  run: TrainingRunHandle,
  reservationId: string,
): Promise<void> {
  await tx.query('UPDATE model_version SET reservation_id = $2 WHERE id = $1', [run.modelVersionId, reservationId]);
}

/** The sign of life: writes what happened since the last one and tells whether to go on. */
export async function reportTraining(
  database: Database,
  run: TrainingRunHandle,
  report: TrainingReport,
): Promise<'running' | 'cancel-requested' | 'lost'> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query(
      `UPDATE model_version SET heartbeat_at = clock_timestamp(), progress = $3
       WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'
       RETURNING is_cancel_requested AS "isCancelRequested"`,
      [run.modelVersionId, run.workerId, report.progress],
    );
    if (rows.length === 0) return 'lost';
    await writeReport(tx, run, report);
    return rows[0].isCancelRequested ? 'cancel-requested' : 'running';
  });
}

/**
 * Stores artifact and metrics, marks the version READY and activates it if that was asked: all in one transaction.
 * @returns what became of it; nothing is written when the run was lost or is to be cancelled
 * @throws ArtifactError when the artifact is too large
 */
export async function finishTraining(
  database: Database,
  run: TrainingRunHandle,
  result: {
    readonly artifact: Uint8Array;
    readonly metrics: readonly ModelMetric[];
    /** Of a DIFFERENTIAL version. */
    readonly lineage?: PrivateLineage;
    /** Written first, in the same transaction and while the run is held; throwing stores nothing. */
    readonly storeWith?: (tx: Transaction) => Promise<void>;
  } & TrainingReport,
): Promise<'ready' | 'active' | 'cancel-requested' | 'lost'> {
  return inTransaction(database, async (tx) => {
    await lockActivation(tx);
    const { rows } = await tx.query(
      `SELECT is_cancel_requested AS "isCancelRequested", should_activate AS "shouldActivate" FROM model_version
       WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING' FOR UPDATE`,
      [run.modelVersionId, run.workerId],
    );
    if (rows.length === 0) return 'lost';
    if (rows[0].isCancelRequested) return 'cancel-requested';
    await result.storeWith?.(tx);
    await writeArtifact(tx, run.modelVersionId, result.artifact);
    await writeModelMetrics(tx, run.modelVersionId, result.metrics);
    await tx.query(
      `UPDATE model_version SET status = 'READY', progress = 1, failure = NULL, finished_at = clock_timestamp(),
         release_ids = $2::uuid[], epsilon = $3, delta = $4
       WHERE id = $1`,
      [
        run.modelVersionId,
        result.lineage?.releaseIds ?? [],
        result.lineage?.epsilon ?? null,
        result.lineage?.delta ?? null,
      ],
    );
    await dropUnusedArtifacts(tx);
    if (rows[0].shouldActivate) await moveActivePointer(tx, run.modelVersionId);
    await writeReport(tx, run, result);
    return rows[0].shouldActivate ? 'active' : 'ready';
  });
}

/**
 * Ends a run without a model.
 * @param failure why, for a person to read, and whether it failed or was refused; undefined when it was cancelled
 * @param report what was not written yet: its last lines are what led to the end
 * @returns false when the run was lost to another worker
 */
export async function endTraining(
  database: Database,
  run: TrainingRunHandle,
  failure: { readonly status: 'FAILED' | 'REFUSED'; readonly text: string } | undefined,
  report: TrainingReport,
): Promise<boolean> {
  return inTransaction(database, async (tx) => {
    const { rowCount } = await tx.query(
      `UPDATE model_version SET status = $3::model_status, failure = $4, progress = $5, finished_at = clock_timestamp()
       WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'`,
      [run.modelVersionId, run.workerId, failure?.status ?? 'CANCELLED', failure?.text ?? null, report.progress],
    );
    if (rowCount !== 1) return false;
    await writeReport(tx, run, report);
    return true;
  });
}

/**
 * Notes what interrupted a run that is nobody's fault yet; if it is given up in the end, that is quoted.
 * @param cause one sentence for a person
 * @returns false when the run was lost to another worker
 */
export async function noteInterruption(
  database: Database,
  run: TrainingRunHandle,
  cause: string,
  report: TrainingReport,
): Promise<boolean> {
  return inTransaction(database, async (tx) => {
    const { rowCount } = await tx.query(
      `UPDATE model_version SET failure = $3 WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'`,
      [run.modelVersionId, run.workerId, cause],
    );
    if (rowCount !== 1) return false;
    await writeReport(tx, run, report);
    return true;
  });
}

/**
 * Puts a run back for any worker to take: this one is shutting down.
 * @returns false when it was not this worker's any more
 */
export async function releaseTraining(
  database: Database,
  run: TrainingRunHandle,
  report: TrainingReport,
): Promise<boolean> {
  return inTransaction(database, async (tx) => {
    const { rowCount } = await tx.query(
      // A restart is nobody's fault: the attempt does not count.
      `UPDATE model_version SET status = 'PENDING', worker_id = NULL, progress = 0, attempts = attempts - 1
       WHERE id = $1 AND worker_id = $2 AND status = 'TRAINING'`,
      [run.modelVersionId, run.workerId],
    );
    if (rowCount !== 1) return false;
    // The job that runs now is locked, so its key passes to a new one.
    await enqueue(tx, trainModelJob, { modelVersionId: run.modelVersionId });
    await writeReport(tx, run, report);
    return true;
  });
}

async function writeReport(tx: Transaction, { modelVersionId }: TrainingRunHandle, report: TrainingReport) {
  await writeTrainingPoints(tx, modelVersionId, report.points);
  await writeTrainingLog(tx, modelVersionId, report.lines);
  await notify(tx, TRAINING_CHANNEL, modelVersionId);
}

export interface RecoveredRun {
  readonly modelVersionId: string;
  readonly outcome: 'requeued' | 'cancelled' | 'failed';
}

/**
 * Puts back what dead workers left: runs without a sign of life, and waiting ones whose job a dead worker locked or
 * that have none. The queue alone would free a dead worker's lock only after four hours. Any worker may call it at any time.
 */
export async function recoverTrainings(
  database: Database,
  { staleAfterMs }: { readonly staleAfterMs: number },
): Promise<readonly RecoveredRun[]> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query(
      `SELECT version.id, version.attempts, version.is_cancel_requested AS "isCancelRequested",
              version.failure, job.locked_by AS "lockedBy"
       FROM model_version version
       LEFT JOIN graphile_worker.jobs job ON job.key = $2 || version.id
       WHERE version.status = 'TRAINING' AND version.heartbeat_at < clock_timestamp() - $1 * interval '1 millisecond'
          OR version.status = 'PENDING' AND (
               job.id IS NULL AND version.created_at < clock_timestamp() - $1 * interval '1 millisecond'
               OR job.locked_at < clock_timestamp() - $1 * interval '1 millisecond'
               OR job.locked_at IS NULL AND job.attempts >= job.max_attempts)
       FOR UPDATE OF version SKIP LOCKED`,
      [staleAfterMs, trainModelKey('')],
    );
    const recovered: RecoveredRun[] = [];
    for (const row of rows) recovered.push({ modelVersionId: row.id, outcome: await recover(tx, row) });
    return recovered;
  });
}

async function recover(
  tx: Transaction,
  row: { id: string; attempts: number; isCancelRequested: boolean; failure: string | null; lockedBy: string | null },
): Promise<RecoveredRun['outcome']> {
  if (row.lockedBy) await tx.query('SELECT graphile_worker.force_unlock_workers(ARRAY[$1])', [row.lockedBy]);
  // A new job, never the same one: a worker that was only stalled deletes by id what it believes to be its own.
  await tx.query('SELECT graphile_worker.remove_job($1)', [trainModelKey(row.id)]);
  await notify(tx, TRAINING_CHANNEL, row.id);
  const isGivenUp = row.attempts >= MAX_ATTEMPTS;
  if (row.isCancelRequested || isGivenUp) {
    const cause = row.failure ?? 'The worker died, perhaps for lack of memory, or lost the database.';
    const failure = `Interrupted ${row.attempts} times. ${cause}`;
    await tx.query(
      `UPDATE model_version SET status = $2::model_status, worker_id = NULL, failure = $3, finished_at = clock_timestamp()
       WHERE id = $1`,
      row.isCancelRequested ? [row.id, 'CANCELLED', null] : [row.id, 'FAILED', failure],
    );
    return row.isCancelRequested ? 'cancelled' : 'failed';
  }
  await tx.query(`UPDATE model_version SET status = 'PENDING', worker_id = NULL, progress = 0 WHERE id = $1`, [row.id]);
  await enqueue(tx, trainModelJob, { modelVersionId: row.id });
  return 'requeued';
}
