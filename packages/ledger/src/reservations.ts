import { type Database, isUuid } from '@sotto/database';
import { LedgerError } from './errors.ts';
import type { Queryable, Reservation } from './types.ts';

/** A row of `reservation`, named `reservation` in its statement, as Reservation. */
export const RESERVATION_COLUMNS = `
  reservation.id, reservation.kind, reservation.question, reservation.window_end AS "windowEnd", reservation.cohorts,
  reservation.excluded_cohorts AS "excludedCohorts", reservation.event,
  trim_scale(reservation.epsilon)::text AS epsilon, trim_scale(reservation.delta)::text AS delta,
  reservation.mechanism, reservation.noise_scale AS "noiseScale", reservation.purpose::text AS purpose,
  reservation.asked_by AS "askedBy", reservation.status::text AS status, reservation.reserved_at AS "reservedAt"`;

export async function findReservation({ pool }: Pick<Database, 'pool'>, id: string): Promise<Reservation | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await pool.query<Reservation>(`SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE id = $1`, [id]);
  return rows[0];
}

/**
 * RESERVED to STARTED, exactly once: whoever is told so may read customers' rows and draw. Given a database it is
 * committed before this returns; given a transaction, the caller commits before reading.
 * @throws LedgerError CONFLICT when it was started before: its noise may be drawn, so that a second draw would let
 *   somebody choose between two answers for the price of one
 */
export async function startReservation(at: Pick<Database, 'pool'> | Queryable, id: string): Promise<Reservation> {
  const connection = 'pool' in at ? at.pool : at;
  const { rows } = isUuid(id)
    ? await connection.query<Reservation>({
        name: 'start-reservation',
        text: `UPDATE reservation SET status = 'STARTED', started_at = clock_timestamp()
               WHERE id = $1 AND status = 'RESERVED' RETURNING ${RESERVATION_COLUMNS}`,
        values: [id],
      })
    : { rows: [] };
  if (!rows[0])
    throw new LedgerError('CONFLICT', 'there is no such reservation that was not started', {
      parameter: 'reservation',
    });
  return rows[0];
}
