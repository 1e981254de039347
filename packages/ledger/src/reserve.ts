import { randomUUID } from 'node:crypto';
import type { Transaction } from '@sotto/database';
import { lockAccounts } from './accounts.ts';
import { addCost, type PricedAccount, priceAccounts } from './admission.ts';
import { findExceededAllowance, lockAllowance } from './allowances.ts';
import { hashContent, hashEntry, hashReplayKey } from './chain.ts';
import { describeAccounts, openWindow } from './cohorts.ts';
import { LedgerError } from './errors.ts';
import { replayRelease } from './releases.ts';
import { checkRequest } from './request.ts';
import { readLedgerState } from './twins.ts';
import type { ReleaseRequest, Reservation, ReserveResult } from './types.ts';
import { type ReleaseWindow, readCalendarInLine } from './window.ts';

/** Servers' clocks differ by so much without being wrong. */
const CLOCK_TOLERANCE_MS = 1_000;

/**
 * Charges a release to every cohort of its window that can pay, or answers why not, in the caller's transaction. Locks
 * the allowance, then the cohorts in ascending order: until that transaction ends, others wait, so that none of two can
 * spend what the other does. Nothing is charged unless the result is `reserved` and the transaction commits, and
 * what is charged is never given back. A transaction that needs other locks takes them after this, as all others do.
 *
 * @param now read inside the transaction: one that waits for a connection must not look like a clock set back
 * @throws LedgerError BAD_INPUT naming the parameter; UNAVAILABLE `clock` when now lies before the newest entry
 */
export async function reserve(tx: Transaction, request: ReleaseRequest, now: Date): Promise<ReserveResult> {
  const checked = checkRequest(request);
  const calendar = await readCalendarInLine(tx, now);
  checkClock(now, calendar.newestAt);
  const window = await openWindow(tx, calendar, now);
  const id = randomUUID();
  const replayKey = replayKeyOf(checked, window, checked.isFresh ? id : null);
  const allowance = calendar.hasAllowances ? await lockAllowance(tx, checked) : undefined;
  const priced = priceAccounts(await lockAccounts(tx, window.cohorts), checked.event);
  // From here on nobody else reserves, so what is read now still holds when this commits.
  const { newestAt, twin } = await readLedgerState(tx, replayKey, checked, now);
  // Others may have come first while this one waited. Time never runs backwards along a chain.
  const at = newestAt && newestAt > now ? newestAt : now;
  if (twin?.status === 'RELEASED')
    return { kind: 'replay', release: await replayRelease(tx, twin.id, checked.askedBy, at) };
  if (twin) return { kind: 'pending', reservationId: twin.id };
  const paying = priced.filter(({ canPay }) => canPay);
  if (paying.length === 0 || (checked.requireAllCohorts && paying.length < priced.length)) {
    const cohorts = await describeAccounts(
      tx,
      priced.map(({ account }) => account),
    );
    return { kind: 'budget-exhausted', cohorts, requestedEpsilon: checked.epsilon };
  }
  const exceeded = allowance && (await findExceededAllowance(tx, allowance, checked, at));
  if (exceeded) return exceeded;
  const reservation: Reservation = {
    id,
    kind: checked.kind,
    question: checked.question,
    windowEnd: window.end,
    cohorts: paying.map(({ account }) => account.cohort),
    excludedCohorts: priced.filter(({ canPay }) => !canPay).map(({ account }) => account.cohort),
    event: checked.event,
    epsilon: checked.epsilon,
    delta: checked.delta,
    mechanism: checked.mechanism,
    noiseScale: checked.noiseScale,
    purpose: checked.purpose,
    askedBy: checked.askedBy,
    status: 'RESERVED',
    reservedAt: at,
  };
  await appendEntries(tx, reservation, replayKey, paying);
  return { kind: 'reserved', reservation };
}

/** The key under which a question's stored answers are found: no row and no price is in it. */
export function replayKeyOf(
  { kind, question }: Pick<ReleaseRequest, 'kind' | 'question'>,
  { end, cohorts }: ReleaseWindow,
  freshId: string | null,
): Buffer {
  return hashReplayKey({ kind, question, windowEnd: end, cohorts, freshId });
}

/** @param newestAt as of when now was read */
function checkClock(now: Date, newestAt: Date | null): void {
  if (newestAt && newestAt.getTime() - now.getTime() > CLOCK_TOLERANCE_MS)
    throw new LedgerError('UNAVAILABLE', "the server's clock lies before the ledger's newest entry", {
      parameter: 'clock',
    });
}

/** The reservation, an entry and the new balance of each cohort, in one statement: all of it or nothing. */
async function appendEntries(
  tx: Transaction,
  reservation: Reservation,
  replayKey: Buffer,
  paying: readonly PricedAccount[],
): Promise<void> {
  const contentHash = hashContent({ ...reservation, replayKey });
  const entries = paying.map(({ account, cost }) => {
    const entry = {
      cohort: account.cohort,
      sequence: account.entryCount + 1,
      id: randomUUID(),
      reservationId: reservation.id,
      at: reservation.reservedAt,
      cost,
      cumulative: addCost(account.spent, cost),
      contentHash,
      previousHash: account.headHash,
    };
    return { ...entry, hash: hashEntry(entry) };
  });
  const { rowCount } = await tx.query({
    name: 'append-ledger-entries',
    text: APPEND_ENTRIES,
    values: [
      reservation.id,
      reservation.kind,
      replayKey,
      JSON.stringify(reservation.question),
      reservation.windowEnd.toISOString(),
      reservation.purpose,
      reservation.askedBy,
      reservation.epsilon,
      reservation.delta,
      JSON.stringify(reservation.event),
      reservation.mechanism,
      reservation.noiseScale,
      reservation.cohorts,
      reservation.excludedCohorts,
      contentHash,
      reservation.reservedAt.toISOString(),
      entries.map(({ sequence }) => sequence),
      entries.map(({ id }) => id),
      entries.map(({ cost }) => cost.lossUnits.toString()),
      entries.map(({ cost }) => cost.deltaUnits.toString()),
      entries.map(({ cumulative }) => cumulative.lossUnits.toString()),
      entries.map(({ cumulative }) => cumulative.deltaUnits.toString()),
      entries.map(({ previousHash }) => previousHash),
      entries.map(({ hash }) => hash),
    ],
  });
  if (rowCount !== entries.length) throw new Error('a cohort that was locked is not there');
}

const APPEND_ENTRIES = `
  WITH given AS (
    SELECT * FROM unnest($13::char(7)[], $17::int[], $18::uuid[], $19::numeric[], $20::numeric[], $21::numeric[],
        $22::numeric[], $23::bytea[], $24::bytea[])
      AS given (cohort, sequence, id, loss, own_delta, cumulative_loss, cumulative_own_delta, previous_hash, hash)
  ), reserved AS (
    INSERT INTO reservation (id, kind, replay_key, question, window_end, purpose, asked_by, epsilon, delta, event,
      mechanism, noise_scale, cohorts, excluded_cohorts, content_hash, reserved_at)
    VALUES ($1, $2, $3, $4, $5, $6::budget_purpose, $7, $8, $9, $10, $11, $12, $13::text[], $14, $15, $16)
  ), appended AS (
    INSERT INTO ledger_entry (cohort, sequence, id, reservation_id, at, loss_units, delta_units, cumulative_units,
      cumulative_delta_units, previous_hash, hash)
    SELECT cohort, sequence, id, $1, $16, loss, own_delta, cumulative_loss, cumulative_own_delta, previous_hash, hash
    FROM given
  )
  UPDATE privacy_cohort
  SET spent_units = cumulative_loss, spent_delta_units = cumulative_own_delta, entry_count = sequence,
      head_hash = given.hash
  FROM given WHERE privacy_cohort.cohort = given.cohort`;
