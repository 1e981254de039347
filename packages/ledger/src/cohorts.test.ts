import { randomBytes, randomUUID } from 'node:crypto';
import { inTransaction, writeSetting } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { beforeEach, expect, it } from 'vitest';
import { type BudgetPolicy, budgetPolicy, listBudgets, openCohorts, resolveWindow, verifyLedger } from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { listMonths } from './window.ts';

const database = useDatabase();
beforeEach(() => emptyLedger(database.current));

const open = (through: string) =>
  inTransaction(database.current, (tx) => openCohorts(tx, { through: new Date(through) }));
const listOpen = async () => (await listBudgets(database.current)).map(({ cohort }) => cohort);
const setPolicy = (policy: Partial<BudgetPolicy>) => writeSetting(database.current, budgetPolicy, policy);

async function createAccount(cohort: string): Promise<void> {
  await database.current.pool.query('INSERT INTO customer (id, external_id_hash, cohort) VALUES ($1, $2, $3)', [
    randomUUID(),
    randomBytes(32),
    cohort,
  ]);
}

async function finishImport(finishedAt: string): Promise<void> {
  await database.current.pool.query(
    `INSERT INTO import_run (id, format, started_at, finished_at) VALUES ($1, 'csv', $2, $2)`,
    [randomUUID(), finishedAt],
  );
}

it('opens every month of the year, empty ones too, with the policy of that day', async () => {
  await open('2026-03-31T23:59:59Z');
  await setPolicy({ epsilon: '3', delta: '0.00001' });
  await open('2026-03-31T23:59:59Z');
  await open('2026-04-01T00:00:00Z');
  const budgets = await listBudgets(database.current);
  expect(budgets.map(({ cohort, epsilonLimit, delta }) => [cohort, epsilonLimit, delta])).toEqual([
    ['2026-01', '10', '0.000001'],
    ['2026-02', '10', '0.000001'],
    ['2026-03', '10', '0.000001'],
    ['2026-04', '3', '0.00001'],
  ]);
  expect(budgets[0]).toMatchObject({
    filterOrder: 4,
    epsilonSpent: '0',
    epsilonRemaining: '10',
    lossShareSpent: 0,
    spentByPurpose: { TRAINING: '0', ANALYTICS: '0', METRICS: '0' },
    entryCount: 0,
  });
  expect(await verifyLedger(database.current)).toMatchObject({ valid: true });
});

it('covers the whole years of old rows that an import brought, before and after others are open', async () => {
  await createAccount('2024-11');
  await open('2025-02-01T00:00:00Z');
  expect(await listOpen()).toEqual(listMonths('2024-01', '2025-02'));
  await createAccount('2022-12');
  await open('2025-02-01T00:00:00Z');
  expect(await listOpen()).toEqual(listMonths('2022-01', '2025-02'));
});

it('opens a month once, however many do it at once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => open('2026-12-01T00:00:00Z')));
  expect(await listOpen()).toEqual(listMonths('2026-01', '2026-12'));
});

it.each([
  { epsilon: '0' },
  { epsilon: '-1' },
  { epsilon: '1e3' },
  { epsilon: '1001' },
  { epsilon: '0.001' },
  { delta: '0' },
  { delta: '1' },
  { delta: '0.0000000000001' },
])('refuses the policy %j', async (policy) => {
  await expect(setPolicy(policy)).rejects.toThrow(Object.keys(policy)[0]);
});

it('ends a window with the midnight that is past, or the import after it', async () => {
  await open('2026-03-15T00:00:00Z');
  const resolve = (now: string) => resolveWindow(database.current.pool, new Date(now));
  expect(await resolve('2026-03-15T00:00:00.000Z')).toEqual({
    end: new Date('2026-03-15T00:00:00Z'),
    cohorts: ['2026-01', '2026-02', '2026-03'],
  });
  expect((await resolve('2026-03-15T23:59:59.999Z')).end).toEqual(new Date('2026-03-15T00:00:00Z'));
  await finishImport('2026-03-14T22:00:00Z');
  expect((await resolve('2026-03-15T12:00:00Z')).end).toEqual(new Date('2026-03-15T00:00:00Z'));
  await finishImport('2026-03-15T09:00:00.123Z');
  expect((await resolve('2026-03-15T09:00:00.123Z')).end).toEqual(new Date('2026-03-15T00:00:00Z'));
  // The last rows of the import came within the millisecond that is kept of its finish.
  expect((await resolve('2026-03-15T09:00:00.124Z')).end).toEqual(new Date('2026-03-15T09:00:00.124Z'));
  expect((await resolve('2026-03-16T09:00:00Z')).end).toEqual(new Date('2026-03-16T00:00:00Z'));
});

it('leaves out a month that begins with the end of the window, unless there is no other', async () => {
  await open('2026-02-01T12:00:00Z');
  const resolve = (now: string) => resolveWindow(database.current.pool, new Date(now));
  expect((await resolve('2026-02-01T12:00:00Z')).cohorts).toEqual(['2026-01']);
  expect((await resolve('2026-02-02T12:00:00Z')).cohorts).toEqual(['2026-01', '2026-02']);
  expect((await resolve('2026-01-01T12:00:00Z')).cohorts).toEqual(['2026-01']);
});

it('counts months over the turn of years', () => {
  expect(listMonths('2025-11', '2026-02')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
  expect(listMonths('2026-02', '2026-01')).toEqual([]);
});
