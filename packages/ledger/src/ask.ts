import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, inTransaction } from '@sotto/database';
import { LedgerError } from './errors.ts';
import { recordRefusal } from './refusals.ts';
import { completeRelease } from './releases.ts';
import { startReservation } from './reservations.ts';
import { reserve } from './reserve.ts';
import { PENDING_MS } from './twins.ts';
import type { AskReleaseResult, ReleaseAnswer, ReleaseRequest, Reservation, ReserveResult } from './types.ts';

const FIRST_POLL_MS = 20;
const LAST_POLL_MS = 500;

/**
 * The whole way of a question: reserve, start, draw, store. Every step is committed before the next begins; a process
 * that dies on the way leaves a charge and no answer, and the same question again is a new reservation. Of two who
 * ask the same at once one draws, the other waits and gets that answer. Refusals are logged.
 *
 * @param draw reads the rows of the reservation's cohorts before its windowEnd, and adds the noise it was charged for; it
 *   runs at most once a reservation. When it throws, the charge stands
 * @param now the clock, read at each step
 * @throws LedgerError as `reserve`; UNAVAILABLE `reservation` when the twin neither answers nor grows old
 */
export async function askRelease(
  database: Pick<Database, 'pool'>,
  request: ReleaseRequest,
  draw: (reservation: Reservation) => Promise<ReleaseAnswer>,
  now: () => Date,
): Promise<AskReleaseResult> {
  const deadline = performance.now() + PENDING_MS;
  for (;;) {
    const result = await reserveOrLog(database, request, now);
    switch (result.kind) {
      case 'reserved':
        return drawRelease(database, result.reservation, draw, now);
      case 'replay':
        return { kind: 'released', release: result.release, chargedEpsilon: '0' };
      case 'pending':
        await waitForAnswer(database, result.reservationId, deadline, now);
        break;
      case 'budget-exhausted':
        await logRefusal(database, request, { code: 'BUDGET_EXHAUSTED' }, now());
        return result;
      case 'allowance-exceeded':
        await logRefusal(database, request, { code: 'ALLOWANCE_EXCEEDED' }, now());
        return result;
    }
  }
}

async function drawRelease(
  database: Pick<Database, 'pool'>,
  { id, epsilon }: Reservation,
  draw: (reservation: Reservation) => Promise<ReleaseAnswer>,
  now: () => Date,
): Promise<AskReleaseResult> {
  const answer = await draw(await startReservation(database, id));
  const release = await inTransaction(database, (tx) => completeRelease(tx, id, answer, now()));
  return { kind: 'released', release, chargedEpsilon: epsilon };
}

async function reserveOrLog(
  database: Pick<Database, 'pool'>,
  request: ReleaseRequest,
  now: () => Date,
): Promise<ReserveResult> {
  try {
    return await inTransaction(database, (tx) => reserve(tx, request, now()));
  } catch (error) {
    if (error instanceof LedgerError) await logRefusal(database, request, error, now());
    throw error;
  }
}

async function logRefusal(
  database: Pick<Database, 'pool'>,
  { askedBy, purpose, question }: ReleaseRequest,
  { code, parameter }: { readonly code: string; readonly parameter?: string | undefined },
  now: Date,
): Promise<void> {
  await recordRefusal(database, { askedBy, purpose, question, code, parameter }, now);
}

/** Returns when the answer is there, or its reservation is so old that nobody waits for it any more. */
async function waitForAnswer(
  { pool }: Pick<Database, 'pool'>,
  reservationId: string,
  deadline: number,
  now: () => Date,
): Promise<void> {
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(LAST_POLL_MS, pauseMs * 1.5)) {
    await sleep(pauseMs);
    const { rows } = await pool.query<{ isReleased: boolean; reservedAt: Date }>(
      `SELECT status = 'RELEASED' AS "isReleased", reserved_at AS "reservedAt" FROM reservation WHERE id = $1`,
      [reservationId],
    );
    const { isReleased, reservedAt } = rows[0]!;
    if (isReleased || now().getTime() - reservedAt.getTime() >= PENDING_MS) return;
    if (performance.now() >= deadline)
      throw new LedgerError('UNAVAILABLE', 'the same question is being answered', { parameter: 'reservation' });
  }
}
