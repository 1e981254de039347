import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { findBinaries, findServerUser } from './binaries.ts';
import { ClusterError } from './error.ts';
import { chooseDirectory, initialise } from './files.ts';
import { isAlive, takeLock } from './lock.ts';
import { findRunningPort, startServer, stopServer } from './server.ts';

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

/**
 * Joins the data folder's PostgreSQL if it runs, else initialises and starts it. Programs that share one are counted
 * by files named after their process ids, so a command never stops the server under another.
 * @throws ClusterError with one sentence for a person: other version, disk full, folder not writable.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  try {
    return await joinOrStart(options);
  } catch (error) {
    const reason = DISK_REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new ClusterError(`The data folder ${resolve(options.dataDir)} cannot be used: ${reason}.`, { cause: error });
  }
}

const DISK_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it cannot be written',
  EPERM: 'it cannot be written',
  ENOENT: 'it cannot be created',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a file is in its place',
};

async function joinOrStart(options: ClusterOptions): Promise<Cluster> {
  const user = findServerUser();
  const directory = chooseDirectory(resolve(options.dataDir), user);
  const members = join(directory, 'members');
  return withLock(directory, async () => {
    const binaries = findBinaries(user, directory);
    const password = initialise(directory, binaries, user);
    const port =
      (await findRunningPort(directory, password)) ??
      (await startServer(directory, binaries, user, options.settings ?? {}));
    mkdirSync(members, { recursive: true });
    const member = join(members, `${process.pid}-${randomUUID()}`);
    writeFileSync(member, '');
    const database = options.database ?? 'sotto';
    const url = (name: string) => `postgresql://sotto:${password}@127.0.0.1:${port}/${name}`;
    try {
      await createDatabaseIfMissing(url('postgres'), database);
    } catch (error) {
      await leave(directory, member);
      throw error;
    }
    let closed: Promise<void> | undefined;
    return {
      url: url(database),
      directory,
      close: () => (closed ??= withLock(directory, () => leave(directory, member))),
    };
  });
}

async function withLock<Result>(directory: string, run: () => Promise<Result>): Promise<Result> {
  const release = await takeLock(directory, join(directory, 'lock'));
  try {
    return await run();
  } finally {
    await release();
  }
}

/** Under the lock. */
async function leave(directory: string, member: string): Promise<void> {
  rmSync(member, { force: true });
  const members = join(directory, 'members');
  const others = readdirSync(members).filter((name) => {
    if (isAlive(Number(name.split('-')[0]))) return true;
    rmSync(join(members, name), { force: true }); // left by a program that was killed
    return false;
  });
  if (others.length === 0) await stopServer(directory);
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
