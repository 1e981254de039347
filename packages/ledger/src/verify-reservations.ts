import type { Transaction } from '@sotto/database';
import { hashContent } from './chain.ts';
import { LedgerError } from './errors.ts';
import { RESERVATION_COLUMNS } from './reservations.ts';
import type { LedgerVerification, Reservation } from './types.ts';

type Broken = NonNullable<LedgerVerification['firstBroken']>;

interface ReservationRow extends Reservation {
  readonly replayKey: Buffer;
  readonly contentHash: Buffer;
  readonly startedAt: Date | null;
  readonly releasedAt: Date | null;
  /** Null when there is no release under its id. */
  readonly answeredAt: Date | null;
  /** One element an entry, ascending. */
  readonly chargedCohorts: readonly string[];
}

const RESERVATIONS_PER_BATCH = 500;
const BEFORE_EVERY_ID = '00000000-0000-0000-0000-000000000000';

/** The first reservation that is not as it was written, or is in another state than its entries and its answer. */
export async function findBrokenReservation(tx: Transaction): Promise<Broken | undefined> {
  let last = BEFORE_EVERY_ID;
  for (let isLast = false; !isLast; ) {
    const { rows } = await tx.query<ReservationRow>({
      name: 'read-reservations',
      text: READ_RESERVATIONS,
      values: [last, RESERVATIONS_PER_BATCH],
    });
    for (const reservation of rows) {
      const what = checkReservation(reservation);
      if (what !== undefined) return { ...(await findFirstEntry(tx, reservation.id)), what };
      last = reservation.id;
    }
    isLast = rows.length < RESERVATIONS_PER_BATCH;
  }
  return findStrayRelease(tx);
}

const READ_RESERVATIONS = `
  SELECT ${RESERVATION_COLUMNS}, reservation.replay_key AS "replayKey", reservation.content_hash AS "contentHash",
    reservation.started_at AS "startedAt", reservation.released_at AS "releasedAt",
    release.released_at AS "answeredAt",
    ARRAY(SELECT cohort::text FROM ledger_entry WHERE reservation_id = reservation.id ORDER BY cohort)
      AS "chargedCohorts"
  FROM reservation LEFT JOIN release ON release.id = reservation.id
  WHERE reservation.id > $1 ORDER BY reservation.id LIMIT $2`;

function checkReservation(reservation: ReservationRow): string | undefined {
  if (!isContentIntact(reservation)) return 'what its reservation priced was changed';
  const { cohorts, chargedCohorts, status, startedAt, releasedAt, answeredAt } = reservation;
  if (cohorts.length !== chargedCohorts.length || cohorts.some((cohort, at) => cohort !== chargedCohorts[at]))
    return 'its reservation has not exactly one entry in each cohort';
  if ((status === 'RESERVED') !== (startedAt === null)) return 'its reservation is started and not, at once';
  const isReleased = status === 'RELEASED';
  if (isReleased !== (releasedAt !== null)) return 'its reservation is released and not, at once';
  if (isReleased !== (answeredAt !== null)) return 'its reservation and its answer are not both there';
  if (releasedAt?.getTime() !== answeredAt?.getTime()) return 'its answer is of another time';
  return undefined;
}

function isContentIntact(reservation: ReservationRow): boolean {
  try {
    return hashContent(reservation).equals(reservation.contentHash);
  } catch (error) {
    if (error instanceof LedgerError) return false; // what no program here could have stored
    throw error;
  }
}

async function findFirstEntry(
  tx: Transaction,
  reservationId: string,
): Promise<{ cohort: string | null; sequence: number | null }> {
  const { rows } = await tx.query<{ cohort: string; sequence: number }>(
    'SELECT cohort::text AS cohort, sequence FROM ledger_entry WHERE reservation_id = $1 ORDER BY cohort LIMIT 1',
    [reservationId],
  );
  return rows[0] ?? { cohort: null, sequence: null };
}

async function findStrayRelease(tx: Transaction): Promise<Broken | undefined> {
  const { rows } = await tx.query(
    'SELECT FROM release WHERE NOT EXISTS (SELECT FROM reservation WHERE reservation.id = release.id) LIMIT 1',
  );
  return rows.length === 0 ? undefined : { cohort: null, sequence: null, what: 'an answer has no reservation' };
}
