import { readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openCluster } from '../cluster/open.ts';
import { migrateDatabase } from '../migrate.ts';

export const TEMPLATE = 'sotto_template';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** vitest's global set-up: one server for the whole run, one migrated template that each test file's database copies. */
export default async function setup(project: { provide(key: 'serverUrl', value: string): void }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'sotto-test-'));
  await chmod(dataDir, 0o711); // the server's user walks through it
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };
  const cluster = await openCluster({ dataDir, database: TEMPLATE, settings });
  const removeFiles = () => {
    rmSync(cluster.directory, { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  };
  // vitest does not come to the teardown below when a signal ends it, and waits for nothing then.
  const abandon = (_signal: NodeJS.Signals, number: number) => {
    const pidFile = join(cluster.directory, 'data', 'postmaster.pid');
    process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGQUIT');
    removeFiles();
    process.exit(128 + number);
  };
  for (const signal of SIGNALS) process.once(signal, abandon);
  await migrateDatabase(cluster.url);
  const url = new URL(cluster.url);
  url.pathname = '/postgres';
  await withClient(url.href, (client) => client.query(`ALTER DATABASE ${TEMPLATE} WITH ALLOW_CONNECTIONS false`));
  project.provide('serverUrl', url.href);
  return async () => {
    await cluster.close();
    for (const signal of SIGNALS) process.off(signal, abandon);
    removeFiles();
  };
}

export async function withClient<T>(connectionString: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    serverUrl: string;
  }
}
