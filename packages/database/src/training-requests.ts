import { randomUUID } from 'node:crypto';
import type { Database } from './client.ts';
import { enqueue } from './jobs/enqueue.ts';
import { trainModelJob, trainModelKey } from './jobs/train-model.ts';
import { findModelVersion, type ModelVersion } from './model-versions.ts';
import { notify, TRAINING_CHANNEL } from './notify.ts';
import { inTransaction, type Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

export interface TrainingRequest {
  readonly algorithm: string;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  /** A role or 'schedule', never a person. */
  readonly requestedBy: string;
  /** Serve it as soon as it is READY. */
  readonly shouldActivate: boolean;
}

export type CancelTrainingResult =
  | { readonly kind: 'cancelled' | 'requested'; readonly run: ModelVersion }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'conflict'; readonly run: ModelVersion };

/** Inserts a version PENDING and its job, both or neither. Whoever asks has checked algorithm and hyperparameters. */
export async function requestTraining(database: Database, request: TrainingRequest): Promise<ModelVersion> {
  const id = await inTransaction(database, (tx) => insertTraining(tx, request));
  return (await findModelVersion(database, id))!;
}

/** The same inside the caller's transaction. @returns the new version's id */
export async function insertTraining(tx: Transaction, request: TrainingRequest): Promise<string> {
  const id = randomUUID();
  await tx.query(
    `INSERT INTO model_version (id, algorithm, hyperparameters, privacy_level, requested_by, should_activate)
     VALUES ($1, $2, $3::jsonb, 'NONE', $4, $5)`,
    [id, request.algorithm, JSON.stringify(request.hyperparameters), request.requestedBy, request.shouldActivate],
  );
  await enqueue(tx, trainModelJob, { modelVersionId: id });
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
