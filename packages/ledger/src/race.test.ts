import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { beforeEach, expect, it } from 'vitest';
import {
  type AskReleaseResult,
  askRelease,
  completeRelease,
  listBudgets,
  listRefusals,
  type ReleaseRequest,
  reserve,
  setAllowance,
  startReservation,
  verifyLedger,
} from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { createAnswer, createRequest, setBudgetFor } from './testing/requests.ts';

const database = useDatabase({ maxConnections: 32 });
/** In January: one cohort. */
const NOW = new Date('2026-01-20T12:00:00Z');

beforeEach(() => emptyLedger(database.current));

let drawn: string[] = [];
beforeEach(() => {
  drawn = [];
});

const ask = (request: ReleaseRequest, now = NOW): Promise<AskReleaseResult> =>
  askRelease(
    database.current,
    request,
    async ({ id }) => {
      drawn.push(id);
      return createAnswer(drawn.length);
    },
    () => now,
  );

const count = (results: readonly AskReleaseResult[], kind: AskReleaseResult['kind']): number =>
  results.filter((result) => result.kind === kind).length;

async function countCharges(): Promise<number> {
  const { rows } = await database.current.pool.query('SELECT count(*)::int AS charges FROM ledger_entry');
  return rows[0].charges;
}

it('admits exactly 10 of 1,000 concurrent asks on a budget for 10', { timeout: 120_000 }, async () => {
  // On a busy machine the last of a thousand wait for one of 32 connections longer than a server lets them.
  database.current.pool.options.connectionTimeoutMillis = 0;
  await setBudgetFor(database.current, 10);
  const [results, audits] = await Promise.all([
    Promise.all(Array.from({ length: 1_000 }, (_, number) => ask(createRequest({ question: { number } })))),
    Promise.all(Array.from({ length: 5 }, () => verifyLedger(database.current))),
  ]);
  expect(audits.map(({ firstBroken }) => firstBroken)).toEqual([null, null, null, null, null]);
  expect(count(results, 'released')).toBe(10);
  expect(count(results, 'budget-exhausted')).toBe(990);
  expect(new Set(drawn).size).toBe(10);
  expect(await verifyLedger(database.current)).toEqual({ entries: 10, valid: true, firstBroken: null });
  const refusals = await listRefusals(database.current, { first: 1_000 });
  expect(refusals).toHaveLength(990);
  expect(refusals[0]).toMatchObject({ code: 'BUDGET_EXHAUSTED', askedBy: 'analyst', purpose: 'ANALYTICS' });
});

it('lets one of two analysts who ask at once spend what is left', async () => {
  await setBudgetFor(database.current, 1);
  const results = await Promise.all(
    ['left', 'right'].map((askedBy) => ask(createRequest({ askedBy, question: { askedBy } }))),
  );
  expect(results.map(({ kind }) => kind).sort()).toEqual(['budget-exhausted', 'released']);
  const [budget] = await listBudgets(database.current);
  expect(Number(budget?.epsilonRemaining)).toBeGreaterThanOrEqual(0);
});

it('draws once for sixty aliases, batches and retries of one question', async () => {
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, number) => ask(createRequest({ askedBy: `analyst ${number % 3}` }))),
  );
  expect(count(results, 'released')).toBe(60);
  const released = results.filter((result) => result.kind === 'released');
  expect(new Set(released.map(({ release }) => release.answer['value']))).toEqual(new Set([1]));
  expect(released.filter(({ release }) => !release.isReplay).map(({ chargedEpsilon }) => chargedEpsilon)).toEqual([
    '1',
  ]);
  expect(released.filter(({ chargedEpsilon }) => chargedEpsilon === '0')).toHaveLength(59);
  expect(drawn).toHaveLength(1);
  expect(await countCharges()).toBe(1);
});

it('starts and answers one reservation once, however many try', async () => {
  const result = await inTransaction(database.current, (tx) => reserve(tx, createRequest(), NOW));
  if (result.kind !== 'reserved') throw new Error(result.kind);
  const { id } = result.reservation;
  const complete = () => inTransaction(database.current, (tx) => completeRelease(tx, id, createAnswer(1), NOW));
  await expect(complete()).rejects.toMatchObject({ code: 'CONFLICT' });
  const starts = await Promise.allSettled(Array.from({ length: 20 }, () => startReservation(database.current, id)));
  expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(starts.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'CONFLICT', parameter: 'reservation' },
  });
  const answers = await Promise.allSettled(Array.from({ length: 20 }, complete));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const unknown of ['none', '00000000-0000-4000-8000-000000000000'])
    await expect(startReservation(database.current, unknown)).rejects.toMatchObject({ code: 'CONFLICT' });
});

it('counts the asks of one analyst one after the other', async () => {
  await setAllowance(database.current, { askedBy: '*', purpose: 'ANALYTICS', epsilon: '0.5', windowDays: 7 });
  const small: Partial<ReleaseRequest> = { epsilon: '0.1', event: { kind: 'pure', epsilon: '0.1' } };
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, number) => ask(createRequest({ question: { number }, ...small }))),
  );
  expect(count(results, 'released')).toBe(5);
  expect(count(results, 'allowance-exceeded')).toBe(15);
  expect(await ask(createRequest({ question: { number: 20 }, ...small, askedBy: 'another' }))).toMatchObject({
    kind: 'released',
  });
  expect(await listRefusals(database.current, { first: 1 })).toMatchObject([{ code: 'ALLOWANCE_EXCEEDED' }]);
});

it('charges anew when the process that was drawing is gone, and never draws from its reservation', async () => {
  const failing = askRelease(
    database.current,
    createRequest(),
    ({ id }) => {
      drawn.push(id);
      return Promise.reject(new Error('gone'));
    },
    () => NOW,
  );
  await expect(failing).rejects.toThrow('gone');
  expect(await countCharges()).toBe(1);
  expect(await ask(createRequest(), new Date(NOW.getTime() + 61_000))).toMatchObject({ kind: 'released' });
  expect(await countCharges()).toBe(2);
  expect(new Set(drawn).size).toBe(2);
  expect(await verifyLedger(database.current)).toMatchObject({ valid: true });
});
