import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries, findServerUser, type PostgresBinaries, type ServerUser } from './binaries.ts';
import { ClusterError } from './cluster-error.ts';

/** A running local PostgreSQL of a data folder. */
export interface Cluster {
  readonly url: string;
  /** Where the database files are; not inside the data folder when the server's user could not reach that. */
  readonly directory: string;
  /** Leaves the cluster; the last program to leave stops it. */
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly dataDir: string;
  readonly database?: string;
  /** Extra server settings, such as fsync=off for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * Joins the data folder's PostgreSQL if it runs, else initialises and starts it. Programs that share one are counted
 * by files named after their process ids, so a command never stops the server under another.
 * @throws ClusterError with one sentence for a person: other version, disk full, folder not writable.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const user = findServerUser();
  const binaries = findBinaries(user);
  const directory = chooseDirectory(resolve(options.dataDir), user);
  const members = join(directory, 'members');
  const release = await takeLock(join(directory, 'start.lock'));
  try {
    const password = initialise(directory, binaries, user);
    const port = (await findRunningPort(directory, password)) ?? (await start(directory, binaries, user, options));
    mkdirSync(members, { recursive: true });
    const member = join(members, `${process.pid}-${randomUUID()}`);
    writeFileSync(member, '');
    const database = options.database ?? 'sotto';
    const url = (name: string) => `postgresql://sotto:${password}@127.0.0.1:${port}/${name}`;
    await createDatabaseIfMissing(url('postgres'), database);
    let closed: Promise<void> | undefined;
    return { url: url(database), directory, close: () => (closed ??= leave(directory, member)) };
  } finally {
    release();
  }
}

/** PostgreSQL's user must be able to walk into the folder; else the files go under the system's temporary folder. */
function chooseDirectory(dataDir: string, user: ServerUser | undefined): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    accessSync(dataDir, constants.W_OK);
  } catch (cause) {
    throw new ClusterError(`The data folder ${dataDir} cannot be written; set SOTTO_DATA_DIR to one that can.`, {
      cause,
    });
  }
  let directory = join(dataDir, 'postgres');
  if (user) {
    const probe = spawnSync('test', ['-x', dataDir], { ...user, cwd: '/' });
    if (probe.status !== 0) {
      const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
      directory = join(tmpdir(), `sotto-data-${hash}`);
      process.stderr.write(`PostgreSQL's user cannot enter ${dataDir}: its files are kept in ${directory}\n`);
    }
  }
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  if (process.getuid?.() === 0) {
    // Under a shared temporary folder somebody else could have made it first.
    const owned = spawnSync('stat', ['-c', '%u', directory], { encoding: 'utf8' });
    if (owned.status === 0 && Number(owned.stdout) !== 0)
      throw new ClusterError(`${directory} belongs to another user; remove it or set SOTTO_DATA_DIR.`);
  }
  return directory;
}

/** @returns the password of the role sotto, generated once. */
function initialise(directory: string, binaries: PostgresBinaries, user: ServerUser | undefined): string {
  const files = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  if (existsSync(join(files, 'PG_VERSION'))) {
    const found = readFileSync(join(files, 'PG_VERSION'), 'utf8').trim();
    const wanted = binaries.version.split('.')[0];
    if (found !== wanted)
      throw new ClusterError(
        `The data folder ${directory} was written by PostgreSQL ${found}, this Sotto brings ${wanted}; ` +
          'restore a backup into a new SOTTO_DATA_DIR, or point DATABASE_URL at a server of that version.',
      );
    return readFileSync(passwordFile, 'utf8').trim();
  }
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files, { mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) {
    chownSync(files, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  const flags = ['-D', files, '-U', 'sotto', '--pwfile', passwordFile, '--auth', 'scram-sha-256', '-E', 'UTF8'];
  const run = spawnSync(binaries.initdb, [...flags, '--locale', 'C', '--no-sync'], {
    ...user,
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
  });
  if (user) chownSync(passwordFile, 0, 0);
  chmodSync(passwordFile, 0o600);
  if (run.status !== 0) {
    rmSync(files, { recursive: true, force: true });
    throw new ClusterError(explain(`${run.stderr}${run.stdout}`, 'PostgreSQL could not be initialised'));
  }
  return password;
}

async function start(
  directory: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  options: ClusterOptions,
): Promise<number> {
  const port = await findFreePort();
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '192MB',
    max_wal_size: '2GB',
    jit: 'off',
    log_min_messages: 'warning',
    log_statement: 'none',
    log_min_error_statement: 'panic', // a failing statement's text may hold a customer's data
    ...options.settings,
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
  await waitUntilReady(child, directory, port, logPath);
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

async function findRunningPort(directory: string, password: string): Promise<number | undefined> {
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

async function leave(directory: string, member: string): Promise<void> {
  const release = await takeLock(join(directory, 'start.lock'));
  try {
    rmSync(member, { force: true });
    const members = join(directory, 'members');
    const others = readdirSync(members).filter((name) => {
      if (isAlive(Number(name.split('-')[0]))) return true;
      rmSync(join(members, name), { force: true }); // left by a program that was killed
      return false;
    });
    if (others.length > 0) return;
    const pidFile = join(directory, 'data', 'postmaster.pid');
    if (!existsSync(pidFile)) return;
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    if (isAlive(pid)) process.kill(pid, 'SIGINT'); // fast shutdown
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isAlive(pid) && existsSync(pidFile) && Date.now() < deadline) await sleep(20);
  } finally {
    release();
  }
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

async function createDatabaseIfMissing(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function takeLock(path: string): Promise<() => void> {
  const deadline = Date.now() + START_TIMEOUT_MS + STOP_TIMEOUT_MS;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (holder !== 0 && !isAlive(holder)) rmSync(path, { force: true });
    else if (Date.now() > deadline) throw new ClusterError(`Process ${holder} holds ${path} and does not let go.`);
    else await sleep(50);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function findFreePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => settle(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function explain(output: string, what: string): string {
  if (/No space left on device/i.test(output)) return `${what}: the disk is full.`;
  if (/Read-only file system/i.test(output)) return `${what}: the disk is read-only.`;
  const line =
    output.split('\n').find((text) => /FATAL|error|could not/i.test(text)) ?? output.trim().split('\n').at(-1);
  return `${what}: ${line?.trim() || 'it said nothing'}`;
}
