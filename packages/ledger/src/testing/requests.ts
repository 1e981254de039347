import { type Database, inTransaction, writeSetting } from '@sotto/database';
import { openRenyiFilter, priceEvent } from '@sotto/privacy';
import { budgetPolicy } from '../policy.ts';
import { completeRelease } from '../releases.ts';
import { startReservation } from '../reservations.ts';
import { reserve } from '../reserve.ts';
import type { ReleaseAnswer, ReleaseRequest, Reservation } from '../types.ts';

/** A moment in the middle of a month and of a day. */
export const NOON = new Date('2026-03-15T12:00:00Z');

/** A count of pure epsilon 1. */
export function createRequest(changes: Partial<ReleaseRequest> = {}): ReleaseRequest {
  return {
    kind: 'COUNT',
    question: { measure: 'CUSTOMERS' },
    purpose: 'ANALYTICS',
    askedBy: 'analyst',
    event: { kind: 'pure', epsilon: '1' },
    epsilon: '1',
    delta: '0.000001',
    mechanism: 'discrete Laplace',
    noiseScale: 1.4,
    ...changes,
  };
}

export function createAnswer(value: number): ReleaseAnswer {
  return {
    answer: { value },
    rows: [{ key: 'all', value, lower: value - 3, upper: value + 3, isSuppressed: false }],
  };
}

/** @throws Error when it is not reserved */
export async function reserveNow(database: Database, request: ReleaseRequest, now = NOON): Promise<Reservation> {
  const result = await inTransaction(database, (tx) => reserve(tx, request, now));
  if (result.kind !== 'reserved') throw new Error(`the result is ${result.kind}`);
  return result.reservation;
}

/** Reserves, starts and stores an answer. @returns the release's id */
export async function releaseNow(
  database: Database,
  request: ReleaseRequest,
  value: number,
  now = NOON,
): Promise<string> {
  const { id } = await reserveNow(database, request, now);
  await startReservation(database, id);
  await inTransaction(database, (tx) => completeRelease(tx, id, createAnswer(value), now));
  return id;
}

/** Three reservations in each of three cohorts, by kind: `released`, `started`, and `reserved`, which waits. */
export async function fillLedger(database: Database): Promise<void> {
  const small = { epsilon: '0.1', event: { kind: 'pure', epsilon: '0.1' } } as const;
  await releaseNow(database, createRequest({ kind: 'released', ...small }), 5);
  const { id } = await reserveNow(database, createRequest({ kind: 'started', ...small }));
  await startReservation(database, id);
  await reserveNow(database, createRequest({ kind: 'reserved', ...small }));
}

/**
 * Sets the budget of cohorts that open from now on, so that exactly `count` events of pure `epsilon` fit into each.
 * @throws Error when no budget in thousandths holds just as many
 */
export async function setBudgetFor(database: Database, count: number, epsilon = '1'): Promise<void> {
  // What fits grows with the limit: the smallest one that holds `count` is searched for.
  let [low, high] = [1, 1_000_000];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (countFitting(inThousandths(middle), epsilon) >= count) high = middle;
    else low = middle + 1;
  }
  const limit = inThousandths(low);
  if (countFitting(limit, epsilon) !== count) throw new Error(`no budget holds exactly ${count} of these events`);
  await writeSetting(database, budgetPolicy, { epsilon: limit });
}

function countFitting(limit: string, epsilon: string): number {
  if (!budgetPolicy.schema.safeParse({ epsilon: limit }).success) return 0;
  const { order, capUnits } = openRenyiFilter({ epsilon: limit, delta: '0.000001' });
  return Number(capUnits / priceEvent({ event: { kind: 'pure', epsilon }, order }).lossUnits);
}

function inThousandths(value: number): string {
  return (value / 1_000).toFixed(3);
}
