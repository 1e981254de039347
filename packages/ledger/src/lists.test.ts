import { randomUUID } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { beforeEach, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from './decimals.ts';
import {
  findEntry,
  findRelease,
  findReservation,
  listBudgets,
  listEntries,
  listRefusals,
  listReleases,
  type ReleaseRequest,
  recordRefusal,
} from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { createRequest, releaseNow } from './testing/requests.ts';

const database = useDatabase();
beforeEach(() => emptyLedger(database.current));

const createOther = (changes: Partial<ReleaseRequest> = {}) =>
  createRequest({ question: { number: randomUUID() }, ...changes });

it('lists what was asked and answered, newest first, page by page', async () => {
  const days = ['10', '11', '12'].map((day) => new Date(`2026-02-${day}T12:00:00Z`));
  const ids: string[] = [];
  for (const [number, day] of days.entries())
    ids.unshift(
      await releaseNow(
        database.current,
        createOther({ askedBy: `analyst ${number}`, purpose: number === 1 ? 'METRICS' : 'ANALYTICS' }),
        number,
        day,
      ),
    );
  const pool = database.current;
  const first = await listReleases(pool, { first: 2 });
  expect(first?.releases.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(first).toMatchObject({
    hasNextPage: true,
    releases: [{ isReplay: false, rows: [{ key: 'all', value: 2 }] }, {}],
  });
  const second = await listReleases(pool, { first: 2, after: ids[1]! });
  expect(second).toMatchObject({ hasNextPage: false, releases: [{ id: ids[2] }] });
  expect(await findRelease(pool, ids[0]!)).toEqual(first?.releases[0]);

  const entries = await listEntries(pool, { first: 4 });
  expect(entries?.entries.map(({ cohort, releaseId }) => [cohort, releaseId])).toEqual([
    ['2026-02', ids[0]],
    ['2026-01', ids[0]],
    ['2026-02', ids[1]],
    ['2026-01', ids[1]],
  ]);
  const rest = await listEntries(pool, { first: 4, after: entries!.entries[3]!.id });
  expect(rest).toMatchObject({ hasNextPage: false, entries: [{ sequence: 1 }, { sequence: 1 }] });
  expect(await findEntry(pool, entries!.entries[0]!.id)).toEqual(entries!.entries[0]);
  expect(entries!.entries[0]!.previousHash).toBe(entries!.entries[2]!.hash);
  const filtered = await listEntries(pool, {
    first: 10,
    filter: { cohort: '2026-01', purpose: 'ANALYTICS', since: days[0], until: days[2] },
  });
  expect(filtered?.entries.map(({ askedBy }) => askedBy)).toEqual(['analyst 0']);
  expect((await listEntries(pool, { first: 10, filter: { askedBy: 'analyst 1' } }))?.entries).toHaveLength(2);
  // Rises of one chain add up to where it stands.
  const chain = (await listEntries(pool, { first: 10, filter: { cohort: '2026-01' } }))!.entries;
  const [budget] = await listBudgets(pool, { cohorts: ['2026-01'] });
  const sum = chain.reduce((total, { epsilon }) => total + parseDecimal('epsilon', epsilon), 0n);
  expect(formatDecimal(sum)).toBe(budget?.epsilonSpent);

  expect(await listReleases(pool, { first: 1, after: randomUUID() })).toBeUndefined();
  expect(await listEntries(pool, { first: 1, after: 'none' })).toBeUndefined();
  expect(await findRelease(pool, 'none')).toBeUndefined();
  expect(await findReservation(pool, randomUUID())).toBeUndefined();
  for (const wrong of [0, 1.5, 1_001])
    await expect(listEntries(pool, { first: wrong })).rejects.toMatchObject({ parameter: 'first' });
});

it('keeps what was refused, without what cannot be stored', async () => {
  const now = new Date('2026-02-10T12:00:00Z');
  await recordRefusal(
    database.current,
    { askedBy: 'analyst', code: 'BAD_INPUT', parameter: 'k', question: { k: 0 } },
    now,
  );
  await recordRefusal(
    database.current,
    { askedBy: 'analyst', purpose: 'METRICS', code: 'BAD_INPUT', question: { text: '\0' } },
    new Date(now.getTime() + 1),
  );
  expect(await listRefusals(database.current, { first: 5 })).toMatchObject([
    { purpose: 'METRICS', parameter: null, question: null },
    { at: now, askedBy: 'analyst', purpose: null, code: 'BAD_INPUT', parameter: 'k', question: { k: 0 } },
  ]);
});
