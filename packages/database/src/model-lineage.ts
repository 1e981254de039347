import type { Database } from './client.ts';

const MAX_VERSIONS = 100;

/**
 * Ids of the versions that an account of a cohort may be part of, newest first: private ones by the releases that they
 * were trained from, others by having been trained since the cohort's month began.
 * @param cohort a month, as 2026-01
 */
export async function listVersionsOverCohort(
  { pool }: Pick<Database, 'pool'>,
  cohort: string,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM model_version
     WHERE status IN ('READY', 'ACTIVE', 'RETIRED') AND CASE privacy_level
       WHEN 'NONE' THEN started_at >= ($1 || '-01')::date AT TIME ZONE 'UTC'
       ELSE EXISTS (
         SELECT FROM reservation WHERE reservation.id = ANY (model_version.release_ids) AND $1 = ANY (reservation.cohorts)
       ) END
     ORDER BY created_at DESC, id DESC LIMIT $2`,
    [cohort, MAX_VERSIONS],
  );
  return rows.map(({ id }) => id);
}
