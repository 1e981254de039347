import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { reserve } from '@sotto/ledger';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseLedgerArguments, run } from './ledger.ts';

const database = useDatabase();
const output = vi.spyOn(process.stdout, 'write');
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sotto-ledger-'));
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('SOTTO_DATA_DIR', dataDir);
  output.mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  output.mockReset();
  rmSync(dataDir, { recursive: true });
});

const said = () => String(output.mock.calls.at(-1)?.[0]);

it('shows budgets and entries, and verifies them', async () => {
  expect(await run([])).toBe(0);
  expect(said()).toContain('No budget is open yet.');
  const now = new Date('2026-02-10T00:00:00Z');
  await inTransaction(database.current, (tx) =>
    reserve(
      tx,
      {
        kind: 'COUNT',
        question: { measure: 'CUSTOMERS' },
        purpose: 'ANALYTICS',
        askedBy: 'analyst',
        event: { kind: 'pure', epsilon: '0.5' },
        epsilon: '0.5',
        delta: '0.000001',
        mechanism: 'discrete Laplace',
        noiseScale: 2.8,
      },
      now,
    ),
  );
  expect(await run([])).toBe(0);
  expect(said()).toMatch(/2026-01 +10 /);
  expect(said()).toMatch(/2026-02 +ANALYTICS +analyst +COUNT +discrete Laplace/);
  expect(await run(['verify', '--json'])).toBe(0);
  expect(JSON.parse(said())).toEqual({ entries: 2, valid: true, firstBroken: null });
});

it('ends with 1 when an entry was changed', async () => {
  await database.current.pool.query(`
    ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only;
    UPDATE ledger_entry SET at = at + interval '1 hour' WHERE cohort = '2026-02';
    ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_append_only`);
  expect(await run(['verify', '--json'])).toBe(1);
  expect(JSON.parse(said())).toMatchObject({
    entries: 2,
    valid: false,
    firstBroken: { cohort: '2026-02', sequence: 1 },
  });
  expect(await run(['verify'])).toBe(1);
  expect(said()).toContain('broken at 2026-02 / 1');
});

it.each([[['verfy']], [['verify', 'more']], [['--json']], [['verify', '--jsn']]])('refuses %j', (args) => {
  expect(() => parseLedgerArguments(args)).toThrow('npm run ledger -- verify');
});
