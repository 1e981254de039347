import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { upsertProducts } from '@sotto/shop';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../src/repository.ts';

// A database that is not empty: the demo shop has its own tests.
const database = useDatabase();
const dataDir = mkdtempSync(join(tmpdir(), 'sotto-start-'));
chmodSync(dataDir, 0o711); // PostgreSQL's user walks through it
const running = new Set<ChildProcess>();
let port: number;

beforeAll(async () => {
  port = await findFreePort();
  await upsertProducts(database.current, [{ sku: 'A-1', title: 'A lamp', categories: [] }]);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

it('serves, stops cleanly and serves again', { timeout: 120_000 }, async () => {
  const { child, read, ended } = start();
  await until(() => read().includes('Ctrl-C stops everything'), child);
  expect(read()).toContain('Sotto is ready');
  const file = join(dataDir, 'credentials.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const credentials = JSON.parse(readFileSync(file, 'utf8'));
  expect(Object.keys(credentials).sort()).toEqual([
    'customerTokenSecret',
    'databaseUrl',
    'gatewayUrl',
    'publishableKey',
    'secretKey',
  ]);
  const commands = read().match(/curl[\s\S]*?; echo/g)!;
  expect(commands).toHaveLength(4);
  const { products } = await paste(commands[0]!);
  expect(products.edges[0].node).toMatchObject({ sku: 'A-1', title: 'A lamp' });
  const { askQuestion } = await paste(commands[3]!);
  expect(askQuestion).toMatchObject({ epsilon: '0.1', isReplay: false, rows: [{ value: expect.any(Number) }] });
  expect(read(), 'the key that opens everything').not.toContain(credentials.secretKey);

  expect(await listPrograms()).toEqual(['sotto-gateway', 'sotto-worker']);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(read()).toMatch(/Stopping …\nStopped\.\n$/);
  expect(await listPrograms(), 'what is left of it').toEqual([]);

  const second = start();
  await until(() => second.read().includes('Ctrl-C stops everything'), second.child);
  expect(JSON.parse(readFileSync(file, 'utf8')), 'the same keys again').toEqual(credentials);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

it.each([
  ['a port in use', async () => ({ SOTTO_GATEWAY_PORT: String(await occupyPort()) }), /^Port \d+ is in use; [^\n]*\n$/],
  [
    'a database that is not there',
    async () => ({ DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/x' }),
    /^PostgreSQL at 127/,
  ],
  [
    'a data folder that is a file',
    async () => ({ DATABASE_URL: '', SOTTO_DATA_DIR: join(root, 'LICENSE') }),
    /^The data/,
  ],
  ['an environment that is not right', async () => ({ SOTTO_GATEWAY_PORT: 'x' }), /SOTTO_GATEWAY_PORT/],
])('says in one sentence: %s', { timeout: 60_000 }, async (_name, prepare, sentence) => {
  const { ended, readErrors } = start(await prepare());
  expect(await ended).toBe(1);
  expect(readErrors()).toMatch(sentence);
  expect(readErrors()).not.toMatch(/\n\s+at /);
});

it('says in one sentence that a data folder is of another PostgreSQL', { timeout: 60_000 }, async () => {
  const other = join(dataDir, 'other');
  mkdirSync(join(other, 'postgres', 'data'), { recursive: true });
  writeFileSync(join(other, 'postgres', 'data', 'PG_VERSION'), '12\n');
  const { ended, readErrors } = start({ DATABASE_URL: '', SOTTO_DATA_DIR: other });
  expect(await ended).toBe(1);
  expect(readErrors()).toMatch(/was written by PostgreSQL 12, this Sotto brings 18/);
});

function start(env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(root, 'apps/cli/dist/main.js'), 'start'], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      SOTTO_DATA_DIR: dataDir,
      SOTTO_GATEWAY_PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const ended = once(child, 'close').then(([exitCode]) => {
    running.delete(child);
    return exitCode as number | null;
  });
  return { child, ended, read: () => output, readErrors: () => errors };
}

/** As a reader would. @returns the answer's data */
async function paste(command: string) {
  const shell = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let answer = '';
  shell.stdout.on('data', (chunk) => (answer += chunk));
  await once(shell, 'close');
  return JSON.parse(answer).data;
}

/** Those of the stack that have a connection, but for the command's own. */
async function listPrograms(): Promise<string[]> {
  const { rows } = await database.current.pool.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND application_name IN ('sotto-gateway', 'sotto-worker') ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function occupyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

async function until(condition: () => boolean, child: ChildProcess): Promise<void> {
  while (!condition()) {
    expect(child.exitCode, 'it ended').toBeNull();
    await sleep(50);
  }
}
