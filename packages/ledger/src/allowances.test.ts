import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { beforeEach, expect, it } from 'vitest';
import { listAllowances, type ReserveResult, reserve, setAllowance } from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { createRequest } from './testing/requests.ts';

const database = useDatabase();
beforeEach(() => emptyLedger(database.current));

let number = 0;
const spend = (epsilon: string, now: string, askedBy = 'analyst'): Promise<ReserveResult> =>
  inTransaction(database.current, (tx) =>
    reserve(
      tx,
      createRequest({ question: { number: number++ }, epsilon, event: { kind: 'pure', epsilon: '0.01' }, askedBy }),
      new Date(now),
    ),
  );
const set = (askedBy: string, epsilon: string | null, windowDays = 2) =>
  setAllowance(database.current, { askedBy, purpose: 'ANALYTICS', epsilon, windowDays });

it('counts the epsilons asked in the window, and says when the same can be asked again', async () => {
  await set('analyst', '1');
  expect(await spend('0.3', '2026-01-10T10:00:00Z')).toMatchObject({ kind: 'reserved' });
  expect(await spend('0.6', '2026-01-10T20:00:00Z')).toMatchObject({ kind: 'reserved' });
  expect(await spend('0.2', '2026-01-11T00:00:00Z')).toMatchObject({
    kind: 'allowance-exceeded',
    resetsAt: new Date('2026-01-12T10:00:00Z'),
  });
  expect(await spend('0.5', '2026-01-11T00:00:00Z')).toMatchObject({ resetsAt: new Date('2026-01-12T20:00:00Z') });
  expect(await spend('2', '2026-01-11T00:00:00Z')).toMatchObject({
    resetsAt: new Date('2026-01-12T20:00:00Z'),
    message: expect.stringContaining('more than the whole allowance of 1'),
  });
  expect(await spend('0.1', '2026-01-11T00:00:00Z')).toMatchObject({ kind: 'reserved' });
  expect(await spend('0.3', '2026-01-12T10:00:00Z')).toMatchObject({ kind: 'reserved' });
});

it('holds for everybody alone who has none of their own, and for no other purpose', async () => {
  await set('*', '0.5');
  await set('trusted', '9');
  const now = '2026-01-10T10:00:00Z';
  for (const askedBy of ['a', 'b']) {
    expect(await spend('0.4', now, askedBy)).toMatchObject({ kind: 'reserved' });
    expect(await spend('0.4', now, askedBy)).toMatchObject({ kind: 'allowance-exceeded' });
  }
  expect(await spend('4', now, 'trusted')).toMatchObject({ kind: 'reserved' });
  const training = createRequest({ question: { number: number++ }, purpose: 'TRAINING', askedBy: 'a' });
  expect(await inTransaction(database.current, (tx) => reserve(tx, training, new Date(now)))).toMatchObject({
    kind: 'reserved',
  });
  const resetsAt = new Date('2026-01-12T10:00:00Z');
  const shown = { purpose: 'ANALYTICS', windowDays: 2 };
  expect(await listAllowances(database.current, new Date(now))).toEqual([
    { ...shown, askedBy: '*', epsilon: '0.5', spent: '0', resetsAt: null, isDefault: false },
    { ...shown, askedBy: 'a', epsilon: '0.5', spent: '0.4', resetsAt, isDefault: true },
    { ...shown, askedBy: 'b', epsilon: '0.5', spent: '0.4', resetsAt, isDefault: true },
    { ...shown, askedBy: 'trusted', epsilon: '9', spent: '4', resetsAt, isDefault: false },
  ]);
});

it('changes at once, and is taken back', async () => {
  await set('analyst', '0');
  const now = '2026-01-10T10:00:00Z';
  expect(await spend('0.1', now)).toMatchObject({
    kind: 'allowance-exceeded',
    resetsAt: new Date('2026-01-12T10:00:00Z'),
  });
  await set('analyst', '0.2');
  expect(await spend('0.1', now)).toMatchObject({ kind: 'reserved' });
  await set('analyst', null);
  expect(await listAllowances(database.current, new Date(now))).toEqual([]);
  expect(await spend('5', now)).toMatchObject({ kind: 'reserved' });
});

it.each([
  ['askedBy', { askedBy: '' }],
  ['purpose', { purpose: 'FUN' as 'ANALYTICS' }],
  ['epsilon', { epsilon: '-1' }],
  ['windowDays', { windowDays: 0 }],
  ['windowDays', { windowDays: 1.5 }],
])('refuses a wrong %s: %j', async (parameter, changes) => {
  const allowance = { askedBy: 'analyst', purpose: 'ANALYTICS' as const, epsilon: '1', windowDays: 7 };
  await expect(setAllowance(database.current, { ...allowance, ...changes })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    parameter,
  });
});
