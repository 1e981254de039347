import type { Database } from '@sotto/database';

/** The cohort of every account that `plantAccounts` makes. */
export const COHORT = '2026-09';

/**
 * Accounts that consent to everything, each with a purchase of every given product, received two days ago: in the
 * window of whatever is asked now.
 */
export async function plantAccounts(
  { pool }: Pick<Database, 'pool'>,
  { accounts, skus, cohort = COHORT }: { accounts: number; skus: readonly string[]; cohort?: string },
): Promise<void> {
  await pool.query(
    `WITH planted AS (
       INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
       SELECT gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), $3, 7 FROM generate_series(1, $1)
       RETURNING id
     )
     INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at, quantity, price, channel, country)
     SELECT planted.id, gen_random_uuid(), product.id, 'PURCHASE', now() - interval '2 days', now() - interval '2 days',
       1, product.price, 'WEB', 'DE'
     FROM planted, product WHERE product.sku = ANY ($2)`,
    [accounts, skus, cohort],
  );
}

export async function countEntries({ pool }: Pick<Database, 'pool'>): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM ledger_entry');
  return rows[0]!.count;
}

/** Refused before anything is read leaves the ledger as it was. */
export async function spentOf({ pool }: Pick<Database, 'pool'>): Promise<readonly string[]> {
  const { rows } = await pool.query(
    'SELECT cohort, spent_units::text AS spent, entry_count AS entries FROM privacy_cohort ORDER BY cohort',
  );
  return rows.filter(({ entries }) => entries > 0).map(({ cohort, spent, entries }) => `${cohort} ${entries} ${spent}`);
}

/** How many customers did anything. */
export const COUNT_BUYERS = { kind: 'COUNT', spec: { measure: 'CUSTOMERS' } } as const;

/** Interactions by product. */
export const HISTOGRAM = {
  kind: 'HISTOGRAM',
  spec: { dimension: 'PRODUCT', measure: 'INTERACTIONS', bounds: { maxKeys: 3, maxPerKey: 5 } },
} as const;
