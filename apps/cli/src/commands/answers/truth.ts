import type { Database } from '@sotto/database';
import { PURPOSE_BITS } from '@sotto/shop';
import type { Truth, Truths } from './analyst-question.ts';

/** The rows that questions are about, over interaction i, customer c and product p: written here anew, as a check. */
export const CONSENTING_ROWS = `interaction i JOIN customer c ON c.id = i.customer_id JOIN product p ON p.id = i.product_id
  WHERE c.external_id_hash IS NOT NULL AND c.consent_mask & ${PURPOSE_BITS.ANALYTICS} <> 0`;

/** In hundredths of the currency. */
export const REVENUE = 'sum(round(100 * i.price * coalesce(i.quantity, 1)))';
export const MONTH = `to_char(i.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM')`;

export interface KeyedTruth {
  /** SQL over one row. */
  readonly key: string;
  /** SQL over the rows of one account and key. */
  readonly value: string;
  /** SQL; every row when left out. */
  readonly where?: string;
  readonly maxKeys: number;
  readonly maxPerKey: number;
}

/**
 * Sums by key, with and without bounds. An account in more keys than are counted has a random choice of them counted, each
 * with the same probability, so it adds its amount times that probability on average.
 */
export async function measureKeyedTruths(
  pool: Database['pool'],
  { key, value, where = 'true', maxKeys, maxPerKey }: KeyedTruth,
): Promise<Truths> {
  const { rows } = await pool.query<Truth & { key: string }>(
    `WITH amount AS (
       SELECT i.customer_id, ${key} AS key, ${value} AS value FROM ${CONSENTING_ROWS} AND ${where} GROUP BY 1, 2
     ), counted AS (
       SELECT key, value, least(1, $1::float8 / count(*) OVER (PARTITION BY customer_id)) AS odds
       FROM amount WHERE key IS NOT NULL
     )
     SELECT key, sum(value)::float8 AS exact, sum(least(value, $2::numeric) * odds)::float8 AS bounded
     FROM counted GROUP BY key`,
    [maxKeys, maxPerKey],
  );
  return toTruths(rows);
}

export function toTruths(rows: readonly (Truth & { readonly key: string })[]): Truths {
  return new Map(rows.map(({ key, exact, bounded }) => [key, { exact, bounded }]));
}
