import { randomBytes } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { expect, it } from 'vitest';
import { type Purpose, readConsents, recordGpcObjection, updateConsent } from './consent.ts';
import { cohortOf, ensureCustomer, type Person } from './people.ts';

const database = useDatabase();
const NOW = new Date('2026-01-31T23:59:59.999Z');
const newPerson = (): Person => ({ kind: 'customer', externalIdHash: randomBytes(32) });

async function readRow(person: Person) {
  const id = await ensureCustomer(database.current.pool, person, NOW);
  const { rows } = await database.current.pool.query(
    'SELECT consent_mask, gpc_mask, is_gpc_recorded FROM customer WHERE id = $1',
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
  expect(await readRow(person)).toEqual({ consent_mask: 1, gpc_mask: 6, is_gpc_recorded: true });
  await updateConsent(database.current, person, { purpose: 'TRAINING', isGranted: true }, NOW, policy);
  expect(await recordGpcObjection(database.current, person, policy, NOW)).toBe(true);
  expect(await readRow(person)).toEqual({ consent_mask: 3, gpc_mask: 4, is_gpc_recorded: true });
});

it('stores no objection of somebody unknown', async () => {
  expect(await recordGpcObjection(database.current, newPerson(), { purposes: ['TRAINING'] }, NOW)).toBe(false);
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
