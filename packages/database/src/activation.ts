import type { Database } from './client.ts';
import { findModelVersion, type ModelVersion } from './model-versions.ts';
import { MODEL_CHANNEL, notify } from './notify.ts';
import { inTransaction, type Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

/**
 * So many versions that had a turn, the active one among them, keep their artifacts, so that a rollback is an
 * activation; and so many of those that are READY for their first.
 */
const KEPT_ARTIFACTS = 3;
/** Any constant of our own; the lock is the pointer's, held to the end of the transaction. */
const ACTIVATION_LOCK = 0x507701;

export type ActivateModelResult =
  | { readonly kind: 'activated'; readonly version: ModelVersion }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'conflict'; readonly version: ModelVersion; readonly message: string };

/**
 * Makes a READY or RETIRED version the one that is served; the one before it is RETIRED. Activating the active one
 * changes nothing.
 * @returns conflict, with a sentence for the caller, when the version has no artifact to serve
 */
export async function activateModel(database: Database, id: string): Promise<ActivateModelResult> {
  if (!isUuid(id)) return { kind: 'not-found' };
  const outcome = await inTransaction(database, async (tx) => {
    await lockActivation(tx);
    const { rows } = await tx.query(
      'SELECT status, artifact_bytes IS NOT NULL AS "hasArtifact" FROM model_version WHERE id = $1 FOR UPDATE',
      [id],
    );
    if (rows.length === 0) return 'not-found';
    const { status, hasArtifact } = rows[0];
    if (status === 'ACTIVE') return 'activated';
    if ((status !== 'READY' && status !== 'RETIRED') || !hasArtifact) return 'conflict';
    await moveActivePointer(tx, id);
    return 'activated';
  });
  if (outcome === 'not-found') return { kind: outcome };
  const version = (await findModelVersion(database, id))!;
  if (outcome === 'activated') return { kind: outcome, version };
  const message =
    version.status === 'RETIRED' || version.status === 'READY'
      ? `The artifact of this version is gone: only the last ${KEPT_ARTIFACTS} active versions and the newest ` +
        `${KEPT_ARTIFACTS} READY ones keep theirs.`
      : `Only a READY or RETIRED version can be activated; this one is ${version.status}.`;
  return { kind: outcome, version, message };
}

/** Taken before any row of a version, always in this order, by whoever may move the pointer. */
export async function lockActivation(tx: Transaction): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [ACTIVATION_LOCK]);
}

/** Under lockActivation, on a version known to have its artifact. */
export async function moveActivePointer(tx: Transaction, id: string): Promise<void> {
  await tx.query(`UPDATE model_version SET status = 'RETIRED' WHERE status = 'ACTIVE'`);
  await tx.query(`UPDATE model_version SET status = 'ACTIVE', activated_at = clock_timestamp() WHERE id = $1`, [id]);
  await dropUnusedArtifacts(tx);
  await notify(tx, MODEL_CHANNEL, id);
}

/** Under lockActivation: removes the artifacts of all but the last versions that were active and the newest READY ones. */
export async function dropUnusedArtifacts(tx: Transaction): Promise<void> {
  const { rows } = await tx.query(
    `UPDATE model_version SET artifact_bytes = NULL, artifact_sha256 = NULL
     WHERE artifact_bytes IS NOT NULL AND id IN (
       (SELECT id FROM model_version WHERE status IN ('ACTIVE', 'RETIRED') ORDER BY activated_at DESC NULLS LAST OFFSET $1)
       UNION ALL
       (SELECT id FROM model_version WHERE status = 'READY' ORDER BY finished_at DESC NULLS LAST OFFSET $1)
     ) RETURNING id`,
    [KEPT_ARTIFACTS],
  );
  await tx.query('DELETE FROM model_artifact_chunk WHERE model_version_id = ANY($1::uuid[])', [
    rows.map((row) => row.id),
  ]);
}
