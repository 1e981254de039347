import { ArtifactError, type Database, readArtifact } from '@sotto/database';
import type { Attack } from '../attack.ts';
import { plainFinding } from '../finding.ts';

/** Accountants differ in their last digits, also for one release alone. */
const STATED_SHARE = 0.99;

/**
 * The billboard: what everybody is served is a function of charged releases (and each customer's own rows). Looks for a private
 * version in service that names no release, or one that was never charged, started and stored; that states a
 * smaller epsilon than one of its releases cost alone; or whose bytes are not the ones that its training stored. Only reads.
 */
export function billboardAttack(database: Database): Attack {
  const target = 'private models in service come from charged releases';
  return {
    attack: 'billboard',
    target,
    async run({ pause }) {
      const { rows: versions } = await database.pool.query<{ id: string; isSound: boolean }>(
        `SELECT id, cardinality(release_ids) > 0 AND NOT EXISTS (
                  SELECT FROM unnest(release_ids) AS release_id
                  LEFT JOIN reservation ON reservation.id = release_id
                  LEFT JOIN release ON release.id = release_id
                  WHERE reservation.status IS DISTINCT FROM 'RELEASED' OR release.id IS NULL
                    OR model_version.epsilon IS NULL OR model_version.epsilon < $1 * reservation.epsilon
                    OR NOT EXISTS (SELECT FROM ledger_entry WHERE reservation_id = release_id)
                ) AS "isSound"
         FROM model_version WHERE status = 'ACTIVE' AND privacy_level = 'DIFFERENTIAL' ORDER BY id`,
        [STATED_SHARE],
      );
      let isSound = versions.every((version) => version.isSound);
      for (const { id } of versions) {
        if (!isSound) break;
        isSound = await hasStoredBytes(database, id);
        await pause();
      }
      return plainFinding('billboard', target, isSound);
    },
  };
}

/** Reading compares with the checksums that the training left. */
async function hasStoredBytes(database: Database, id: string): Promise<boolean> {
  try {
    await readArtifact(database, id);
    return true;
  } catch (error) {
    if (error instanceof ArtifactError) return false;
    throw error;
  }
}
