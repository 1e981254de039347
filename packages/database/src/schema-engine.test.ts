import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';

const engine = join(import.meta.dirname, '../schema-engine/main.mjs');
/** The first eight bytes of a client that asks for TLS: a length and a code, by PostgreSQL's protocol. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const folder = mkdtempSync(join(tmpdir(), 'sotto-engine-'));
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Listens, keeps the first bytes of whoever connects, and hangs up. */
async function listen(address: { host: string; port: 0 } | { path: string }) {
  const greetings: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    socket.once('data', (bytes) => {
      greetings.push(bytes.subarray(0, 8));
      socket.destroy();
    });
  });
  servers.push(server);
  server.listen(address);
  await once(server, 'listening');
  return { greetings, address: server.address() };
}

/** Runs the engine as the Prisma CLI does, to its end: one sub-command, or one request on stdin. */
async function runEngine(url: string, args: readonly string[], request?: object): Promise<string> {
  const child = spawn(process.execPath, [engine, '--datasource', JSON.stringify({ url }), ...args]);
  child.stdin.end(request && `${JSON.stringify(request)}\n`);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  return output;
}

const connect = ['cli', 'can-connect-to-database'];
const askVersion = {
  id: 1,
  method: 'getDatabaseVersion',
  params: { datasource: { tag: 'ConnectionString', url: '' } },
};

it.each([
  ['a sub-command', (url: string) => runEngine(url, connect)],
  ['the engine', (url: string) => runEngine(url, [], askVersion)],
])('asks for TLS where the URL requires it: %s', async (_what, run) => {
  const { greetings, address } = await listen({ host: '127.0.0.1', port: 0 });
  const { port } = address as { port: number };
  await run(`postgresql://someone:secret@127.0.0.1:${port}/shop?schema=public&sslmode=require`);
  expect(greetings[0]).toEqual(SSL_REQUEST);
  await run(`postgresql://someone:secret@127.0.0.1:${port}/shop?schema=public`);
  expect(greetings.at(-1)).not.toEqual(SSL_REQUEST);
});

it.skipIf(process.platform === 'win32')('connects by the socket that the URL names', async () => {
  const { greetings } = await listen({ path: join(folder, '.s.PGSQL.5432') });
  const url = `postgresql://someone@localhost/shop?host=${encodeURIComponent(folder)}`;
  expect(await runEngine(url, connect)).toContain('P1001');
  await runEngine(url, [], askVersion);
  expect(greetings).toHaveLength(2);
});
