import { randomUUID } from 'node:crypto';
import type { Database } from './client.ts';
import { enqueue } from './jobs/enqueue.ts';
import { trainModelJob, trainModelKey } from './jobs/train-model.ts';
import { findModelVersion, type ModelVersion, type PrivacyLevel } from './model-versions.ts';
import { notify, TRAINING_CHANNEL } from './notify.ts';
import { writeTrainingLog } from './training-progress.ts';
import { inTransaction, type Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

export interface NewTraining {
  readonly algorithm: string;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly privacyLevel: PrivacyLevel;
  /** A role or 'schedule', never a person. */
  readonly requestedBy: string;
  /** Serve it as soon as it is READY. */
  readonly shouldActivate: boolean;
  /** The release that the run is to draw, reserved in the same transaction. */
  readonly reservationId?: string;
  /** First lines of the run's log: what was agreed when it was asked for. */
  readonly log?: readonly string[];
}

export type CancelTrainingResult =
  | { readonly kind: 'cancelled' | 'requested'; readonly run: ModelVersion }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'conflict'; readonly run: ModelVersion };

/**
 * Inserts a version PENDING and its job, both or neither. Whoever asks has checked algorithm and hyperparameters, and
 * what privacy demands.
 * @returns the new version's id
 */
export async function insertTraining(tx: Transaction, training: NewTraining): Promise<string> {
  const id = await insertVersion(tx, training, 'PENDING', null);
  await writeTrainingLog(tx, id, training.log ?? []);
  await enqueue(tx, trainModelJob, { modelVersionId: id });
  return id;
}

/**
 * Notes a training that could not be had: a schedule's, which nobody waits for.
 * @param failure why, for a person to read
 * @returns the id of the version, which is REFUSED
 */
export async function insertRefusedTraining(tx: Transaction, training: NewTraining, failure: string): Promise<string> {
  return insertVersion(tx, training, 'REFUSED', failure);
}

async function insertVersion(
  tx: Transaction,
  training: NewTraining,
  status: 'PENDING' | 'REFUSED',
  failure: string | null,
): Promise<string> {
  const id = randomUUID();
  await tx.query(
    `INSERT INTO model_version
       (id, algorithm, hyperparameters, privacy_level, requested_by, should_activate, reservation_id, status, failure,
        finished_at)
     VALUES ($1, $2, $3::jsonb, $4::privacy_level, $5, $6, $7, $8::model_status, $9,
             CASE WHEN $8 = 'REFUSED' THEN clock_timestamp() END)`,
    [
      id,
      training.algorithm,
      JSON.stringify(training.hyperparameters),
      training.privacyLevel,
      training.requestedBy,
      training.shouldActivate,
      training.reservationId ?? null,
      status,
      failure,
    ],
  );
  return id;
}

/**
 * Cancels a run that waits at once; asks one that trains to stop, which it does within about a second.
 * @returns conflict when the run is over already
 */
export async function cancelTraining(database: Database, id: string): Promise<CancelTrainingResult> {
  if (!isUuid(id)) return { kind: 'not-found' };
  const kind = await inTransaction(database, async (tx) => {
    const { rows } = await tx.query('SELECT status FROM model_version WHERE id = $1 FOR UPDATE', [id]);
    const status: string | undefined = rows[0]?.status;
    if (status === undefined) return 'not-found';
    if (status === 'PENDING') {
      await tx.query(
        `UPDATE model_version SET status = 'CANCELLED', is_cancel_requested = true, finished_at = now() WHERE id = $1`,
        [id],
      );
      await tx.query('SELECT graphile_worker.remove_job($1)', [trainModelKey(id)]);
    } else if (status === 'TRAINING') {
      await tx.query('UPDATE model_version SET is_cancel_requested = true WHERE id = $1', [id]);
    } else return 'conflict';
    await notify(tx, TRAINING_CHANNEL, id);
    return status === 'PENDING' ? 'cancelled' : 'requested';
  });
  if (kind === 'not-found') return { kind };
  return { kind, run: (await findModelVersion(database, id))! };
}
