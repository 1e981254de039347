import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { generateApiKey, storeApiKey } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { expect, it } from 'vitest';

const database = useDatabase();
const main = join(import.meta.dirname, '..', 'dist', 'main.js');

interface Started {
  readonly child: ChildProcess;
  output(): string;
  readonly exited: Promise<number | null>;
}

/** Starts the gateway as it is started in earnest: compiled, by its environment. */
function start(env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      SOTTO_MASTER_KEY: randomBytes(32).toString('base64url'),
      SOTTO_CUSTOMER_TOKEN_SECRET: randomBytes(32).toString('base64url'),
      SOTTO_GATEWAY_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output, exited: once(child, 'exit').then(([code]) => code) };
}

async function waitForOrigin({ output }: Started): Promise<string> {
  await expect.poll(output, { timeout: 20_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
  return /http:\/\/127\.0\.0\.1:\d+/.exec(output())![0];
}

it('serves, and ends a request under way before it stops with 0', async () => {
  const key = generateApiKey('PUBLISHABLE');
  await storeApiKey(database.current, key);
  const started = start();
  const origin = await waitForOrigin(started);
  expect((await fetch(`${origin}/readyz`)).status).toBe(200);

  // The lock keeps the request waiting while the signal arrives.
  const client = await database.current.pool.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE visitor IN ACCESS EXCLUSIVE MODE');
  const answer = fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-sotto-key': key,
      'x-sotto-visitor': randomBytes(16).toString('base64url'),
    },
    body: JSON.stringify({ query: '{ viewer { consents { purpose } } }' }),
  });
  const isWaiting = async () =>
    (await database.current.pool.query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'visitor'::regclass"))
      .rowCount;
  await expect.poll(isWaiting).toBe(1);
  started.child.kill('SIGTERM');
  await expect.poll(started.output).toContain('stopping');
  await client.query('ROLLBACK');
  client.release();
  expect(await (await answer).json()).toEqual({ data: { viewer: { consents: [] } } });
  expect(await started.exited).toBe(0);
});

it.each([
  ['a port in use', {}, /^Port \d+ on 127\.0\.0\.1 is in use; set SOTTO_GATEWAY_PORT to another one\.$/m],
  [
    'no database',
    { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    /^The database does not answer \(ECONNREFUSED\): check DATABASE_URL\.$/m,
  ],
  [
    'missing migrations',
    { DATABASE_URL: 'unmigrated' },
    /^The database lacks the newest migration: run npm run db:migrate/m,
  ],
  ['a wrong environment', { SOTTO_MASTER_KEY: 'changeme' }, /^SOTTO_MASTER_KEY is a placeholder/m],
])('says in one sentence that there is %s, and exits with 1', async (problem, env, sentence) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const unmigrated = new URL(database.url);
  unmigrated.pathname = '/postgres';
  const started = start({
    ...(problem === 'a port in use' ? { SOTTO_GATEWAY_PORT: String(port) } : {}),
    ...env,
    ...('DATABASE_URL' in env && env.DATABASE_URL === 'unmigrated' ? { DATABASE_URL: unmigrated.href } : {}),
  } as Record<string, string>);
  expect(await started.exited).toBe(1);
  taken.close();
  expect(started.output()).toMatch(sentence);
  expect(started.output()).not.toMatch(/^\s+at /m);
});
