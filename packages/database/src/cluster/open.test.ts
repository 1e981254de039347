import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { ClusterError, explain } from './error.ts';
import { takeLock } from './lock.ts';
import { openCluster } from './open.ts';

const made: string[] = [];
const newDataDir = () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'sotto-cluster-')), 'data');
  mkdirSync(dir, { recursive: true });
  made.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const answers = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT 1 AS one');
  await client.end();
  return rows[0].one;
};

it('is shared by two programs, outlives the first to leave and stops with the last', async () => {
  const dataDir = newDataDir();
  const [first, second] = await Promise.all([openCluster({ dataDir }), openCluster({ dataDir })]);
  made.push(first.directory);
  expect(second.url).toBe(first.url);
  await first.close();
  expect(await answers(second.url)).toBe(1);
  await second.close();
  await expect(answers(second.url)).rejects.toThrow(/ECONNREFUSED/);
  const again = await openCluster({ dataDir });
  expect(await answers(again.url)).toBe(1);
  await again.close();
});

it('takes over the lock of a program that died', async () => {
  const directory = newDataDir();
  const path = join(directory, 'lock');
  mkdirSync(path);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path, longAgo, longAgo);
  const release = await takeLock(directory, path);
  await release();
  expect(existsSync(path)).toBe(false);
});

it('refuses files of another PostgreSQL version in one sentence', async () => {
  const dataDir = newDataDir();
  const cluster = await openCluster({ dataDir });
  made.push(cluster.directory);
  await cluster.close();
  writeFileSync(join(cluster.directory, 'data', 'PG_VERSION'), '14\n');
  await expect(openCluster({ dataDir })).rejects.toThrow(/was written by PostgreSQL 14, this Sotto brings 18/);
});

it('refuses a data folder whose path runs through a file', async () => {
  const file = join(newDataDir(), 'file');
  writeFileSync(file, '');
  await expect(openCluster({ dataDir: join(file, 'data') })).rejects.toThrow(ClusterError);
  await expect(openCluster({ dataDir: file })).rejects.toThrow(/a file is in its place/);
});

it.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'it: the disk is full.'],
  ['could not create directory: Read-only file system', 'it: the disk is read-only.'],
  ['LOG: starting\nFATAL:  could not bind\n', 'it: FATAL:  could not bind'],
])('says what %s means', (output, sentence) => expect(explain(output, 'it')).toBe(sentence));
