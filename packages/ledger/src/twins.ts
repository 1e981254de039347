import type { Queryable, ReleaseRequest, ReservationStatus } from './types.ts';

/** A reservation whose answer did not come within so long is not waited for: its process is held to be gone. */
export const PENDING_MS = 60_000;

/** A reservation of the same question with at least the accuracy asked for. */
export interface Twin {
  readonly id: string;
  readonly status: ReservationStatus;
}

/** What a reservation must know of the ledger once nobody else can write to it. */
export interface LedgerState {
  /** The newest entry's time. */
  readonly newestAt: Date | null;
  readonly twin: Twin | undefined;
}

/**
 * Finds the most accurate stored answer to the same question, else one that is being drawn. One that left cohorts out is
 * none to somebody who requires all.
 */
export async function readLedgerState(
  from: Queryable,
  replayKey: Buffer,
  request: Pick<ReleaseRequest, 'epsilon' | 'requireAllCohorts'>,
  now: Date,
): Promise<LedgerState> {
  const { rows } = await from.query<{ newestAt: Date | null; id: string | null; status: ReservationStatus }>({
    name: 'read-ledger-state',
    text: `SELECT newest.at AS "newestAt", twin.id, twin.status::text AS status
           FROM (SELECT max(at) AS at FROM ledger_entry) newest LEFT JOIN LATERAL (
             SELECT id, status FROM reservation
             WHERE replay_key = $1 AND epsilon >= $2::numeric AND NOT ($3 AND cardinality(excluded_cohorts) > 0)
               AND (status = 'RELEASED' OR reserved_at > $4::timestamptz - $5 * interval '1 millisecond')
             ORDER BY status = 'RELEASED' DESC, epsilon DESC, cardinality(excluded_cohorts), reserved_at, id LIMIT 1
           ) twin ON true`,
    values: [replayKey, request.epsilon, request.requireAllCohorts === true, now.toISOString(), PENDING_MS],
  });
  const { newestAt, id, status } = rows[0]!;
  return { newestAt, twin: id === null ? undefined : { id, status } };
}
