import { type ClaimedRun, type Database, holdTraining, inTransaction, replaceReservation } from '@sotto/database';
import { findReservation, type Reservation, recordRefusal, reserve, startReservation } from '@sotto/ledger';
import { PrivacyParameterError } from '@sotto/privacy';
import { describeReservation } from '@sotto/training';
import { RunLostError, RunRefusedError } from '../failure.ts';
import type { RunReporter } from './run-reporter.ts';

const REFUSED =
  'The run was interrupted after its release was begun. It has to be paid for again, and the budget or the allowance ' +
  'cannot pay.';

const CHARGED_OTHERWISE =
  'The release was charged by another version of Sotto, for noise that this one does not draw. Nothing was read; a new ' +
  'training pays again.';

/**
 * Plans before anything is started. A release may have waited in the queue while the worker was replaced by one that
 * plans otherwise: what is drawn is what was charged, or nothing.
 * @throws RunRefusedError
 */
export function planAsCharged<Plan>(plan: () => Plan): Plan {
  try {
    return plan();
  } catch (cause) {
    if (cause instanceof PrivacyParameterError) throw new RunRefusedError(CHARGED_OTHERWISE, { cause });
    throw cause;
  }
}

/**
 * The run's own release, as it was reserved.
 * @returns undefined when it is stored already: the run goes on from it at no further cost
 */
export async function findOwnReservation(database: Database, reservationId: string): Promise<Reservation | undefined> {
  const reserved = await findReservation(database, reservationId);
  if (!reserved) throw new Error('a run without its reservation');
  return reserved.status === 'RELEASED' ? undefined : reserved;
}

/**
 * Opens the one chance to draw a run's release. STARTED is committed, by whoever holds the run, before a row is read.
 * Where an earlier worker had started already, what it drew may have been seen, and drawing again until one is stored
 * would be a choice among noises: the same request is paid for anew.
 * @returns what may be drawn now, once
 * @throws RunLostError; RunRefusedError when the budget cannot pay again; LedgerError
 */
export async function takeReservation(
  database: Database,
  run: ClaimedRun,
  reserved: Reservation,
  reporter: RunReporter,
): Promise<Reservation> {
  const now = new Date();
  const outcome = await inTransaction(database, async (tx) => {
    if (!(await holdTraining(tx, run))) throw new RunLostError('the run was taken over');
    if (reserved.status === 'RESERVED') return startReservation(tx, reserved.id);
    const { kind, question, purpose, askedBy, event, epsilon, delta, mechanism, noiseScale } = reserved;
    const again = { kind, question, purpose, askedBy, event, epsilon, delta, mechanism, noiseScale, isFresh: true };
    const result = await reserve(tx, again, now);
    if (result.kind === 'budget-exhausted') return 'BUDGET_EXHAUSTED';
    if (result.kind === 'allowance-exceeded') return 'ALLOWANCE_EXCEEDED';
    if (result.kind !== 'reserved') throw new Error(`a fresh release was answered with ${result.kind}`);
    await replaceReservation(tx, run, result.reservation.id);
    return startReservation(tx, result.reservation.id);
  });
  if (typeof outcome === 'string') {
    const { askedBy, purpose, question } = reserved;
    await recordRefusal(database, { askedBy, purpose, code: outcome, question }, now);
    throw new RunRefusedError(REFUSED);
  }
  if (outcome.id !== reserved.id)
    for (const line of ['Begun by another worker already: paid for anew', ...describeReservation(outcome)])
      reporter.onProgress(0, line);
  return outcome;
}
