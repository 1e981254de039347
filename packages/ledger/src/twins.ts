import type { Queryable, ReleaseRequest, ReservationStatus } from './types.ts';

/** A reservation whose answer did not come within so long is not waited for: its process is held to be gone. */
export const PENDING_MS = 60_000;

/** A reservation of the same question with at least the accuracy asked for. */
export interface Twin {
  readonly id: string;
  readonly status: ReservationStatus;
}

/**
 * The most accurate stored answer to the same question, else one that is being drawn. One that left cohorts out is none to
 * somebody who requires all.
 */
export async function findTwin(
  from: Queryable,
  replayKey: Buffer,
  request: Pick<ReleaseRequest, 'epsilon' | 'requireAllCohorts'>,
  now: Date,
): Promise<Twin | undefined> {
  const { rows } = await from.query<Twin>({
    name: 'find-twin',
    text: `SELECT id, status::text AS status FROM reservation
           WHERE replay_key = $1 AND epsilon >= $2::numeric AND NOT ($3 AND cardinality(excluded_cohorts) > 0)
             AND (status = 'RELEASED' OR reserved_at > $4::timestamptz - $5 * interval '1 millisecond')
           ORDER BY status = 'RELEASED' DESC, epsilon DESC, cardinality(excluded_cohorts), reserved_at, id LIMIT 1`,
    values: [replayKey, request.epsilon, request.requireAllCohorts === true, now.toISOString(), PENDING_MS],
  });
  return rows[0];
}
