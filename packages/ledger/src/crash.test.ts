import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useDatabase } from '@sotto/database/testing';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { listReleases, verifyLedger } from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { NOON } from './testing/requests.ts';

const database = useDatabase();
const folder = mkdtempSync(join(tmpdir(), 'sotto-crash-'));
afterAll(() => rmSync(folder, { recursive: true }));
const drawLog = join(folder, 'draws');
const program = join(import.meta.dirname, '..', 'dist', 'testing', 'crash-process.js');

beforeEach(async () => {
  await emptyLedger(database.current);
  rmSync(drawLog, { force: true });
});

/** Asks in a process of its own. @returns how it ended, and the answer that it showed */
async function askInProcess(moment: string, now: Date): Promise<{ signal: NodeJS.Signals | null; shown: string }> {
  const child = spawn(process.execPath, [program, database.url, moment, now.toISOString(), drawLog]);
  let shown = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (shown += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  expect(errors).toBe('');
  return { signal, shown: shown.trim() };
}

async function readState(): Promise<{ statuses: string[]; entries: number; answers: number }> {
  const { rows } = await database.current.pool.query(
    `SELECT ARRAY(SELECT status::text FROM reservation ORDER BY reserved_at) AS statuses,
       (SELECT count(*)::int FROM ledger_entry WHERE cohort = '2026-03') AS entries,
       (SELECT count(*)::int FROM release) AS answers`,
  );
  return rows[0];
}

const readDraws = () => (existsSync(drawLog) ? readFileSync(drawLog, 'utf8').trim().split('\n') : []);

it.each<[string, { draws: number; statuses: string[] }]>([
  ['before append-ledger-entries 1', { draws: 0, statuses: [] }],
  ['before COMMIT 1', { draws: 0, statuses: [] }],
  ['after COMMIT 1', { draws: 0, statuses: ['RESERVED'] }],
  ['before start-reservation 1', { draws: 0, statuses: ['RESERVED'] }],
  ['after start-reservation 1', { draws: 0, statuses: ['STARTED'] }],
  ['before draw 1', { draws: 0, statuses: ['STARTED'] }],
  ['after draw 1', { draws: 1, statuses: ['STARTED'] }],
  ['after complete-release 1', { draws: 1, statuses: ['STARTED'] }],
  ['before COMMIT 2', { draws: 1, statuses: ['STARTED'] }],
  ['after COMMIT 2', { draws: 1, statuses: ['RELEASED'] }],
  ['before the answer', { draws: 1, statuses: ['RELEASED'] }],
])('killed %s: no answer without its entry, no second draw for one charge', async (moment, expected) => {
  expect(await askInProcess(moment, NOON)).toEqual({ signal: 'SIGKILL', shown: '' });
  const isReleased = expected.statuses[0] === 'RELEASED';
  expect(await readState()).toEqual({
    statuses: expected.statuses,
    entries: expected.statuses.length,
    answers: isReleased ? 1 : 0,
  });
  expect(readDraws()).toHaveLength(expected.draws);
  expect(await verifyLedger(database.current)).toMatchObject({ valid: true });

  // The same question again, once nobody waits for the dead process any more.
  const again = await askInProcess('never', new Date(NOON.getTime() + 61_000));
  expect(again.signal).toBeNull();
  const charges = expected.statuses.length + (isReleased ? 0 : 1);
  expect(await readState()).toMatchObject({ entries: charges, answers: 1 });
  const draws = readDraws();
  expect(draws).toHaveLength(expected.draws + (isReleased ? 0 : 1));
  expect(new Set(draws).size).toBe(draws.length);
  const page = await listReleases(database.current, { first: 10 });
  expect(page?.releases.map(({ answer }) => String(answer['value']))).toEqual([again.shown]);
  expect(await verifyLedger(database.current)).toMatchObject({ valid: true, entries: 3 * charges });
});
