import { randomBytes } from 'node:crypto';
import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { expect, it, vi } from 'vitest';
import { type Purpose, readConsents, recordGpcObjection, updateConsent } from './consent.ts';
import { cohortOf, ensureCustomer, type Person } from './people.ts';

const database = useDatabase();
const NOW = new Date('2026-01-31T23:59:59.999Z');
const newPerson = (): Person => ({ kind: 'customer', externalIdHash: randomBytes(32) });

async function readRow(person: Person) {
  const id = await ensureCustomer(database.current.pool, person, NOW);
  const { rows } = await database.current.pool.query(
    'SELECT consent_mask, gpc_mask, gpc_recorded_mask FROM customer WHERE id = $1',
    [id],
  );
  return rows[0];
}

it('objects for the configured purposes only, once', async () => {
  const person = newPerson();
  const policy = { purposes: ['TRAINING', 'ANALYTICS'] satisfies Purpose[] };
  for (const purpose of ['PERSONALIZATION', 'TRAINING'] as const)
    await updateConsent(database.current, person, { purpose, isGranted: true }, NOW);
  expect(await recordGpcObjection(database.current, person, policy, NOW)).toBe(true);
  expect(await readRow(person)).toEqual({ consent_mask: 1, gpc_mask: 6, gpc_recorded_mask: 6 });
  await updateConsent(database.current, person, { purpose: 'TRAINING', isGranted: true }, NOW, policy);
  expect(await recordGpcObjection(database.current, person, policy, NOW)).toBe(true);
  expect(await readRow(person)).toEqual({ consent_mask: 3, gpc_mask: 4, gpc_recorded_mask: 6 });
});

it('objects for a purpose that the policy names later, once too', async () => {
  const person = newPerson();
  await updateConsent(database.current, person, { purpose: 'PERSONALIZATION', isGranted: true }, NOW);
  await recordGpcObjection(database.current, person, { purposes: [] }, NOW);
  expect(await readRow(person)).toEqual({ consent_mask: 1, gpc_mask: 0, gpc_recorded_mask: 0 });
  await recordGpcObjection(database.current, person, { purposes: ['TRAINING'] }, NOW);
  await updateConsent(database.current, person, { purpose: 'TRAINING', isGranted: true }, NOW);
  expect(await readRow(person)).toEqual({ consent_mask: 3, gpc_mask: 0, gpc_recorded_mask: 2 });
  await recordGpcObjection(database.current, person, { purposes: ['PERSONALIZATION', 'TRAINING'] }, NOW);
  expect(await readRow(person)).toEqual({ consent_mask: 2, gpc_mask: 1, gpc_recorded_mask: 3 });
});

it('stores no objection of somebody unknown, and opens no transaction for it', async () => {
  const { pool } = database.current;
  const connect = vi.spyOn(pool, 'connect');
  try {
    expect(await recordGpcObjection(database.current, newPerson(), { purposes: ['TRAINING'] }, NOW)).toBe(false);
    expect(connect.mock.calls.filter(([callback]) => callback === undefined)).toEqual([]);
  } finally {
    connect.mockRestore();
  }
});

it('keeps the history from being changed or deleted, unless somebody is being erased', async () => {
  const person = newPerson();
  await updateConsent(database.current, person, { purpose: 'TRAINING', isGranted: true }, NOW);
  const id = await ensureCustomer(database.current.pool, person, NOW);
  const { pool } = database.current;
  await expect(pool.query('UPDATE consent_change SET is_granted = false WHERE customer_id = $1', [id])).rejects.toThrow(
    'append-only',
  );
  await expect(pool.query('DELETE FROM consent_change WHERE customer_id = $1', [id])).rejects.toThrow('append-only');
  await expect(pool.query('TRUNCATE consent_change')).rejects.toThrow('append-only');
  const erased = await inTransaction(database.current, async (tx) => {
    await tx.query("SET LOCAL sotto.erasing = 'on'");
    await tx.query('SAVEPOINT before');
    await expect(tx.query('UPDATE consent_change SET is_granted = false')).rejects.toThrow('append-only');
    await tx.query('ROLLBACK TO SAVEPOINT before');
    return tx.query('DELETE FROM consent_change WHERE customer_id = $1', [id]);
  });
  expect(erased.rowCount).toBe(1);
  await updateConsent(database.current, person, { purpose: 'ANALYTICS', isGranted: true }, NOW);
  await expect(pool.query('DELETE FROM consent_change WHERE customer_id = $1', [id])).rejects.toThrow('append-only');
});

it('knows the latest word although the clock stands still', async () => {
  const person = newPerson();
  for (const isGranted of [true, false, true, false])
    await updateConsent(database.current, person, { purpose: 'ANALYTICS', isGranted }, NOW);
  expect(await readConsents(database.current, person)).toMatchObject([{ purpose: 'ANALYTICS', isGranted: false }]);
  expect(await readRow(person)).toMatchObject({ consent_mask: 0 });
});

it('names a cohort by the month in UTC', () => {
  expect(cohortOf(NOW)).toBe('2026-01');
  expect(cohortOf(new Date('2026-02-01T00:00:00Z'))).toBe('2026-02');
});
