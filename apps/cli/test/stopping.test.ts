import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { root } from '../src/repository.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'sotto-stopping-'));
chmodSync(dataDir, 0o711); // PostgreSQL's user walks through it
const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)(
  'a command that gets %s stops the PostgreSQL that it started',
  { timeout: 60_000 },
  async (signal, code) => {
    const { child, ended } = startImport();
    const server = await findServer(child);
    child.kill(signal);
    child.kill(signal); // as from the terminal and from bootstrap.mjs
    expect(await ended).toEqual({ exitCode: code, errors: expect.not.stringMatching(/\n\s+at /) });
    expect(isAlive(server)).toBe(false);
  },
);

it('stops it when bootstrap.mjs is killed', { timeout: 60_000 }, async () => {
  const { child, ended } = startImport();
  const server = await findServer(child);
  child.disconnect();
  expect(await ended).toMatchObject({ exitCode: 143 });
  expect(isAlive(server)).toBe(false);
});

/** The command opens the database first, and that is where it is stopped. */
function startImport() {
  const child = spawn(
    process.execPath,
    [join(root, 'apps/cli/dist/main.js'), 'import', 'csv', join(dataDir, 'not-there')],
    {
      env: { ...process.env, DATABASE_URL: '', SOTTO_DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  running.add(child);
  let errors = '';
  child.stderr!.on('data', (chunk) => (errors += chunk));
  const ended = once(child, 'exit').then(([exitCode]) => {
    running.delete(child);
    return { exitCode: exitCode as number | null, errors };
  });
  return { child, ended };
}

/** @returns the process id of the data folder's PostgreSQL once it is up */
async function findServer(child: ChildProcess): Promise<number> {
  for (;;) {
    expect(child.exitCode, 'it ended').toBeNull();
    const lines = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n') : [];
    if (lines[7]?.startsWith('ready')) return Number(lines[0]);
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}
