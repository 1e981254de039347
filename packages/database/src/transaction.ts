import type pg from 'pg';
import type { Database } from './client.ts';

/** A connection inside a transaction. Whoever is handed one uses nothing else for its statements. */
export type Transaction = Pick<pg.ClientBase, 'query'>;

/** Runs everything on one connection, commits when `run` returns and rolls back when it throws. */
export async function inTransaction<Result>(
  database: Pick<Database, 'pool'>,
  run: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await run(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      // The server ends the transaction with the connection; the pool must not hand it out again.
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
