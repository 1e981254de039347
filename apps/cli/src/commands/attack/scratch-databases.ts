import type { OpenScratch } from '@sotto/audit';
import { migrateDatabase, openDatabase } from '@sotto/database';
import pg from 'pg';
import { openScratchCluster } from '../../local/scratch-cluster.ts';

export interface ScratchDatabases {
  readonly open: OpenScratch;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 12;
/** What is written here is thrown away. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Empty, migrated databases on a PostgreSQL of their own, which is gone when this is closed. */
export async function openScratchDatabases(): Promise<ScratchDatabases> {
  const cluster = await openScratchCluster('attack', SETTINGS);
  try {
    await migrateDatabase(cluster.url);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  const template = pg.escapeIdentifier(new URL(cluster.url).pathname.slice(1));
  let opened = 0;
  return {
    async open() {
      const name = `attack_${opened++}`;
      await execute(cluster.url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
      const url = withDatabase(cluster.url, name);
      const database = openDatabase({ url, maxConnections: MAX_CONNECTIONS, applicationName: 'sotto-attack' });
      return {
        database,
        async close() {
          await database.close();
          await execute(cluster.url, `DROP DATABASE ${name} WITH (FORCE)`);
        },
      };
    },
    close: () => cluster.close(),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  // Not from the template itself: a database that somebody is connected to cannot be copied.
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
