import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { type Database, openDatabase } from '../client.ts';
import { TEMPLATE, withClient } from './global-setup.ts';

/**
 * A migrated database of this test file's own, dropped at its end. The file fails when a connection is left open.
 * Call at the top level of a test file; read `.url` and `.current` inside tests.
 */
export function useDatabase(options: { maxConnections?: number } = {}) {
  const name = `test_${randomBytes(6).toString('hex')}`;
  let database: Database | undefined;
  const handle = {
    get current(): Database {
      if (!database) throw new Error('the database is there only inside tests');
      return database;
    },
    get url(): string {
      const url = new URL(inject('serverUrl'));
      url.pathname = `/${name}`;
      return url.href;
    },
  };
  beforeAll(async () => {
    await withClient(inject('serverUrl'), (client) =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY wal_log`),
    );
    database = openDatabase({ url: handle.url, ...options });
  });
  afterAll(async () => {
    await database?.close();
    const leaked = await withClient(inject('serverUrl'), async (client) => {
      const open = await waitForNone(client, name);
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      return open;
    });
    expect(leaked, 'connections left open by this test file').toEqual([]);
  });
  return handle;
}

/** A closed socket takes the server a moment to notice. */
async function waitForNone(
  client: { query: (text: string, values: unknown[]) => Promise<{ rows: unknown[] }> },
  name: string,
) {
  let rows: unknown[] = [];
  for (let i = 0; i < 40; i++) {
    ({ rows } = await client.query('SELECT application_name, query FROM pg_stat_activity WHERE datname = $1', [name]));
    if (rows.length === 0) break;
    await new Promise((settle) => setTimeout(settle, 25));
  }
  return rows;
}
