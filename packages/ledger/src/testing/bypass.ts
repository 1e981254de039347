import type { Database } from '@sotto/database';

/** Runs statements as the tables' owner can: past the triggers that keep the ledger. What it did must be found. */
export async function bypassTriggers({ pool }: Database, sql: string): Promise<void> {
  await pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
}

/** An empty ledger, as no program can make it again. */
export async function emptyLedger(database: Database): Promise<void> {
  await bypassTriggers(
    database,
    `TRUNCATE privacy_cohort, reservation, ledger_entry, release, replay, allowance, refused_ask, shop_setting,
       import_run, customer`,
  );
}
