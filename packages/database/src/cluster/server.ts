import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresBinaries, ServerUser } from './binaries.ts';
import { ClusterError, explain } from './error.ts';
import { findFreePort } from './free-port.ts';
import { isAlive } from './lock.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const EXIT_TIMEOUT_MS = 2_000;

/** Starts the server on a free loopback port and waits until it answers. */
export async function startServer(
  directory: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  extraSettings: Readonly<Record<string, string>>,
): Promise<number> {
  const port = await findFreePort();
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '192MB',
    max_wal_size: '2GB',
    jit: 'off',
    random_page_cost: '1.1', // as on solid-state disks: with the default a customer's newest rows are found by sorting all of them
    log_min_messages: 'warning',
    log_statement: 'none',
    log_min_error_statement: 'panic', // a failing statement's text may hold a customer's data
    ...extraSettings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logPath = join(directory, 'postgres.log');
  const log = openSync(logPath, 'w', 0o600);
  // Detached: Ctrl-C in a terminal goes to a whole process group, and the server must outlive its clients.
  const child = spawn(binaries.postgres, ['-D', join(directory, 'data'), '-p', String(port), ...flags], {
    ...user,
    cwd: directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
  });
  child.unref();
  try {
    await waitUntilReady(child, directory, port, logPath);
  } catch (error) {
    child.kill('SIGQUIT'); // one that never answered has nothing to write
    throw error;
  }
  return port;
}

async function waitUntilReady(child: ChildProcess, directory: string, port: number, logPath: string): Promise<void> {
  const password = readFileSync(join(directory, 'password'), 'utf8').trim();
  const deadline = Date.now() + START_TIMEOUT_MS;
  let spawnError: Error | undefined;
  child.on('error', (error) => {
    spawnError = error;
  });
  for (;;) {
    if (await canConnect(port, password)) return;
    const hasExited = child.exitCode !== null || child.signalCode !== null;
    if (spawnError || hasExited || Date.now() > deadline) {
      const log = readFileSync(logPath, 'utf8');
      throw new ClusterError(explain(spawnError?.message ?? log, 'PostgreSQL did not start'));
    }
    await sleep(25);
  }
}

/** @returns the port of the server that already runs on these files, if one does. */
export async function findRunningPort(directory: string, password: string): Promise<number | undefined> {
  const pidFile = join(directory, 'data', 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  const port = Number(lines[3]);
  if (!isAlive(Number(lines[0])) || !Number.isInteger(port)) return undefined;
  // It may still be coming up, or going down.
  for (let i = 0; i < 200 && isAlive(Number(lines[0])); i++) {
    if (await canConnect(port, password)) return port;
    await sleep(50);
  }
  return undefined;
}

async function canConnect(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'sotto', password, database: 'postgres' });
  client.on('error', () => undefined); // a connection that breaks while probing only means: not yet
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Fast shutdown (clients are cut, work is rolled back); an immediate one when that takes too long. */
export async function stopServer(directory: string): Promise<void> {
  const pidFile = join(directory, 'data', 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    let lastWait = deadline;
    while (Date.now() < Math.min(deadline, lastWait)) {
      if (!isAlive(pid)) return;
      // Its files are closed; what is left is a process on its way out, or one that nobody reaps.
      if (lastWait === deadline && !existsSync(pidFile)) lastWait = Date.now() + EXIT_TIMEOUT_MS;
      await sleep(20);
    }
    if (!existsSync(pidFile)) return;
  }
}
