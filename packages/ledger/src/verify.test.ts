import { randomUUID } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { listReleases, verifyLedger } from './index.ts';
import { bypassTriggers, emptyLedger } from './testing/bypass.ts';
import { fillLedger } from './testing/requests.ts';

const database = useDatabase();

const [RELEASED, STARTED, RESERVED] = ["'released'", "'started'", "'reserved'"];

beforeEach(async () => {
  await emptyLedger(database.current);
  await fillLedger(database.current);
});

it('finds nothing in a ledger that is as it was written', async () => {
  expect(await verifyLedger(database.current)).toEqual({ entries: 9, valid: true, firstBroken: null });
});

describe('the database itself refuses', () => {
  const role = `clerk_${randomUUID().slice(0, 8)}`;
  beforeEach(async () => {
    await database.current.pool.query(`
      DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
  });
  afterAll(() => database.current.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));

  const TAMPERING = [
    'UPDATE ledger_entry SET loss_units = 0',
    'DELETE FROM ledger_entry',
    'TRUNCATE ledger_entry',
    "UPDATE reservation SET asked_by = 'nobody'",
    "UPDATE reservation SET status = 'RESERVED' WHERE status = 'STARTED'",
    "UPDATE reservation SET status = 'RELEASED' WHERE status = 'RESERVED'",
    'DELETE FROM reservation',
    'TRUNCATE reservation',
    `UPDATE release SET answer = '{"value": 6}'`,
    'DELETE FROM release',
    'TRUNCATE release',
    'UPDATE privacy_cohort SET spent_units = 0',
    'UPDATE privacy_cohort SET cap_units = cap_units + 1, entry_count = entry_count + 1',
    'UPDATE privacy_cohort SET epsilon_limit = 100, entry_count = entry_count + 1',
    'UPDATE privacy_cohort SET entry_count = 0',
    'DELETE FROM privacy_cohort',
    'TRUNCATE privacy_cohort',
  ];
  it.each(TAMPERING)('%s', async (sql) => {
    await expect(database.current.pool.query(sql)).rejects.toMatchObject({ code: '23001' });
    const asClerk = database.current.pool.query(`BEGIN; SET LOCAL ROLE ${role}; ${sql}; COMMIT`);
    await expect(asClerk).rejects.toMatchObject({ code: '23001' });
  });

  it('spending past a cap', async () => {
    const overspend = 'UPDATE privacy_cohort SET spent_units = cap_units + 1, entry_count = entry_count + 1';
    await expect(database.current.pool.query(overspend)).rejects.toMatchObject({
      constraint: 'privacy_cohort_within_cap',
    });
  });

  it.each([
    'ALTER TABLE ledger_entry DISABLE TRIGGER ALL',
    'DROP TRIGGER ledger_entry_append_only ON ledger_entry',
    'SET LOCAL session_replication_role = replica',
  ])('%s, to whoever does not own it', async (sql) => {
    const asClerk = database.current.pool.query(`BEGIN; SET LOCAL ROLE ${role}; ${sql}; COMMIT`);
    await expect(asClerk).rejects.toMatchObject({ code: '42501' });
  });

  it('replays and refusals that would be altered', async () => {
    const page = await listReleases(database.current, { first: 1 });
    await database.current.pool.query(
      `INSERT INTO replay (id, release_id, asked_by, at) VALUES (gen_random_uuid(), '${page?.releases[0]?.id}', 'a', now())`,
    );
    await database.current.pool.query(
      `INSERT INTO refused_ask (id, at, asked_by, code) VALUES (gen_random_uuid(), now(), 'a', 'BAD_INPUT')`,
    );
    for (const table of ['replay', 'refused_ask'])
      for (const sql of [`DELETE FROM ${table}`, `UPDATE ${table} SET asked_by = 'b'`, `TRUNCATE ${table}`])
        await expect(database.current.pool.query(sql)).rejects.toMatchObject({ code: '23001' });
  });
});

describe('what the owner of the tables does past the triggers is found:', () => {
  const FEBRUARY = "cohort = '2026-02'";
  const idOf = (kind: string) => `(SELECT id FROM reservation WHERE kind = ${kind})`;

  it.each<[string, { cohort: string | null; sequence: number | null; what: string }, string]>([
    [
      'a charge made smaller',
      { cohort: '2026-02', sequence: 2, what: 'the charge is not the price of its event' },
      `UPDATE ledger_entry SET loss_units = loss_units - 1 WHERE ${FEBRUARY} AND sequence = 2`,
    ],
    [
      'a sum made smaller',
      { cohort: '2026-02', sequence: 2, what: 'the sum is wrong' },
      `UPDATE ledger_entry SET cumulative_units = cumulative_units - 1 WHERE ${FEBRUARY} AND sequence = 2`,
    ],
    [
      'a sum of deltas made larger',
      { cohort: '2026-02', sequence: 2, what: 'the sum of deltas is wrong' },
      `UPDATE ledger_entry SET cumulative_delta_units = 1 WHERE ${FEBRUARY} AND sequence = 2`,
    ],
    [
      'another id',
      { cohort: '2026-02', sequence: 1, what: 'the hash does not fit its columns' },
      `UPDATE ledger_entry SET id = gen_random_uuid() WHERE ${FEBRUARY} AND sequence = 1`,
    ],
    [
      'another hash',
      { cohort: '2026-02', sequence: 1, what: 'the hash does not fit its columns' },
      `UPDATE ledger_entry SET hash = sha256('') WHERE ${FEBRUARY} AND sequence = 1`,
    ],
    [
      'another link',
      { cohort: '2026-02', sequence: 2, what: 'it does not follow the entry before it' },
      `UPDATE ledger_entry SET previous_hash = sha256('') WHERE ${FEBRUARY} AND sequence = 2`,
    ],
    [
      'another time',
      { cohort: '2026-02', sequence: 3, what: 'its time is not that of its reservation' },
      `UPDATE ledger_entry SET at = at + interval '1 day' WHERE ${FEBRUARY} AND sequence = 3`,
    ],
    [
      'an entry removed',
      { cohort: '2026-02', sequence: 2, what: 'the entry before it is missing' },
      `DELETE FROM ledger_entry WHERE ${FEBRUARY} AND sequence = 1`,
    ],
    [
      'the newest entry removed',
      { cohort: '2026-02', sequence: 2, what: 'the newest entries are missing' },
      `DELETE FROM ledger_entry WHERE ${FEBRUARY} AND sequence = 3`,
    ],
    [
      'the newest entry removed and the account set back to before it',
      { cohort: '2026-01', sequence: 3, what: 'its reservation has not exactly one entry in each cohort' },
      `DELETE FROM ledger_entry WHERE ${FEBRUARY} AND sequence = 3;
       UPDATE privacy_cohort SET entry_count = 2, spent_units = cumulative_units, head_hash = hash FROM ledger_entry
       WHERE ledger_entry.${FEBRUARY} AND sequence = 2 AND privacy_cohort.${FEBRUARY}`,
    ],
    [
      'an entry of nothing',
      { cohort: '2026-02', sequence: 4, what: 'its reservation is missing' },
      `INSERT INTO ledger_entry SELECT cohort, 4, gen_random_uuid(), gen_random_uuid(), at, loss_units, delta_units,
         cumulative_units, cumulative_delta_units, hash, hash FROM ledger_entry WHERE ${FEBRUARY} AND sequence = 3`,
    ],
    [
      'another question',
      { cohort: '2026-01', sequence: 2, what: 'what its reservation priced was changed' },
      `UPDATE reservation SET question = '{}' WHERE kind = ${STARTED}`,
    ],
    [
      'another analyst',
      { cohort: '2026-01', sequence: 1, what: 'what its reservation priced was changed' },
      `UPDATE reservation SET asked_by = 'nobody' WHERE kind = ${RELEASED}`,
    ],
    [
      'a cheaper event',
      { cohort: '2026-01', sequence: 2, what: 'the charge is not the price of its event' },
      `UPDATE reservation SET event = '{"kind": "pure", "epsilon": "0.01"}' WHERE kind = ${STARTED}`,
    ],
    [
      'another event of the same price',
      { cohort: '2026-01', sequence: 2, what: 'what its reservation priced was changed' },
      `UPDATE reservation SET event = '{"kind": "pure", "epsilon": "0.10"}' WHERE kind = ${STARTED}`,
    ],
    [
      'no event',
      { cohort: '2026-01', sequence: 2, what: 'the charge is not the price of its event' },
      `UPDATE reservation SET event = '7' WHERE kind = ${STARTED}`,
    ],
    [
      'fewer cohorts',
      { cohort: '2026-01', sequence: 2, what: 'what its reservation priced was changed' },
      `UPDATE reservation SET cohorts = '{2026-01,2026-02}' WHERE kind = ${STARTED}`,
    ],
    [
      'a reservation removed',
      { cohort: '2026-01', sequence: 3, what: 'its reservation is missing' },
      `DELETE FROM reservation WHERE kind = ${RESERVED}`,
    ],
    [
      'a budget refilled',
      { cohort: '2026-02', sequence: 3, what: 'what is spent is not the sum of the entries' },
      `UPDATE privacy_cohort SET spent_units = 0 WHERE ${FEBRUARY}`,
    ],
    [
      'a cap raised',
      { cohort: '2026-02', sequence: null, what: 'the cap is not that of the budget' },
      `UPDATE privacy_cohort SET cap_units = 2 * cap_units WHERE ${FEBRUARY}`,
    ],
    [
      'a budget opened at another time',
      { cohort: '2026-02', sequence: 1, what: 'it does not follow the entry before it' },
      `UPDATE privacy_cohort SET opened_at = opened_at - interval '1 day' WHERE ${FEBRUARY}`,
    ],
    [
      'a budget removed',
      { cohort: '2026-02', sequence: 1, what: 'its cohort is missing' },
      `DELETE FROM privacy_cohort WHERE ${FEBRUARY}`,
    ],
    [
      'a reservation set back, to be drawn from again',
      { cohort: '2026-01', sequence: 2, what: 'its reservation is started and not, at once' },
      `UPDATE reservation SET status = 'RESERVED' WHERE kind = ${STARTED}`,
    ],
    [
      'a release set back',
      { cohort: '2026-01', sequence: 1, what: 'its reservation is released and not, at once' },
      `UPDATE reservation SET status = 'STARTED' WHERE kind = ${RELEASED}`,
    ],
    [
      'an answer removed',
      { cohort: '2026-01', sequence: 1, what: 'its reservation and its answer are not both there' },
      'DELETE FROM release',
    ],
    [
      'an answer to a reservation that only started',
      { cohort: '2026-01', sequence: 2, what: 'its reservation and its answer are not both there' },
      `INSERT INTO release (id, answer, rows) VALUES (${idOf(STARTED!)}, '{}', '[]')`,
    ],
    [
      'an answer without a reservation',
      { cohort: null, sequence: null, what: 'an answer has no reservation' },
      `INSERT INTO release (id, answer, rows) VALUES (gen_random_uuid(), '{}', '[]')`,
    ],
  ])('%s', async (_name, firstBroken, sql) => {
    await bypassTriggers(database.current, sql);
    expect(await verifyLedger(database.current)).toMatchObject({ valid: false, firstBroken });
  });
});
