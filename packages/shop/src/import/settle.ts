import type { Transaction } from '@sotto/database';
import { upsertProductsSql } from '../catalogue.ts';
import type { StagedOrigin } from './staging.ts';

/** Product rows of the files; of a sku that comes twice the last one holds, with the latest price that sales tell. */
const PRODUCT_ROWS = `
  SELECT CASE WHEN fact.price IS NULL THEN product ELSE product || jsonb_build_object('price', fact.price) END AS item
  FROM (
    SELECT DISTINCT ON (sku) sku, product FROM import_row WHERE kind = 'product' ORDER BY sku, "position" DESC
  ) given
  LEFT JOIN (
    SELECT DISTINCT ON (sku) sku, fact_price AS price FROM import_row
    WHERE fact_price IS NOT NULL ORDER BY sku, occurred_at DESC, "position" DESC
  ) fact USING (sku)`;

/** Products that only sales tell of: their commonest title (the latest of equals), their latest price. */
const SOLD_PRODUCTS = `
  SELECT jsonb_strip_nulls(jsonb_build_object('sku', sku, 'title', title, 'price', price, 'currency', $1::text)) AS item
  FROM (
    SELECT DISTINCT ON (sku) sku, title FROM (
      SELECT sku, title, count(*) AS uses, max(occurred_at) AS latest FROM import_row
      WHERE title IS NOT NULL GROUP BY sku, title
    ) titles ORDER BY sku, uses DESC, latest DESC, title
  ) titled
  LEFT JOIN (
    SELECT DISTINCT ON (sku) sku, fact_price AS price FROM import_row
    WHERE fact_price IS NOT NULL ORDER BY sku, occurred_at DESC, "position" DESC
  ) priced USING (sku)`;

/** Creates and changes the products that staged rows describe. */
export async function settleProducts(tx: Transaction, currency: string | undefined): Promise<void> {
  await tx.query(upsertProductsSql(PRODUCT_ROWS));
  await tx.query(upsertProductsSql(SOLD_PRODUCTS), [currency ?? null]);
}

/** Whether a staged row becomes an interaction: it is none of a return, a purchase returned whole, an unknown product. */
const STORED_ROWS = `
  import_row r
  JOIN product ON product.sku = r.sku
  LEFT JOIN import_netting netting ON netting."position" = r."position"
  WHERE r.kind = 'interaction' AND netting.quantity IS DISTINCT FROM 0`;

/**
 * Creates the accounts of customers who have something to store and are not known yet. Their cohort is the month (UTC)
 * of their earliest row in this import; their consent what all rows that speak of it grant, or the import's own. Accounts that
 * exist keep cohort and consent.
 */
export async function settleCustomers(tx: Transaction, consentMask: number): Promise<number> {
  const created = await tx.query(
    `
    WITH earliest AS (
      SELECT customer, min(occurred_at) AS since, coalesce(bit_and(consent_mask), $1) AS consent_mask
      FROM import_row WHERE customer IS NOT NULL GROUP BY customer
    ), account AS (
      INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
      SELECT gen_random_uuid(), customer, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM'), consent_mask
      FROM earliest WHERE customer IN (SELECT r.customer FROM ${STORED_ROWS})
      ON CONFLICT (external_id_hash) DO NOTHING
      RETURNING id, consent_mask
    ), consent AS (
      INSERT INTO consent_change (customer_id, id, purpose, is_granted, source)
      SELECT account.id, gen_random_uuid(), purpose.name::purpose, true, 'IMPORT'
      FROM account CROSS JOIN (VALUES ('PERSONALIZATION', 1), ('TRAINING', 2), ('ANALYTICS', 4)) AS purpose (name, bit)
      WHERE account.consent_mask & purpose.bit <> 0
    )
    SELECT 1 FROM account`,
    [consentMask],
  );
  return created.rowCount ?? 0;
}

/** Interactions with products that neither the catalogue nor this import has. */
export async function forEachUnknownProduct(
  tx: Transaction,
  run: (row: StagedOrigin) => Promise<void> | undefined,
): Promise<void> {
  await tx.query(`
    DECLARE import_unknown NO SCROLL CURSOR FOR
    SELECT file, line, sku, source_text FROM import_row r
    LEFT JOIN import_netting netting ON netting."position" = r."position"
    WHERE kind = 'interaction' AND netting.quantity IS DISTINCT FROM 0
      AND NOT EXISTS (SELECT 1 FROM product WHERE product.sku = r.sku)
    ORDER BY r."position"`);
  for (let isLast = false; !isLast; ) {
    const { rows } = await tx.query<StagedOrigin>('FETCH 5000 FROM import_unknown');
    for (const row of rows) await run(row);
    isLast = rows.length === 0;
  }
  await tx.query('CLOSE import_unknown');
}

/**
 * Stores interactions by customer and time. Among identical rows of one import the n-th is its own event, so that the
 * same file again finds all of its events there.
 * @returns how many were not there yet
 */
export async function settleInteractions(tx: Transaction): Promise<number> {
  const { rowCount } = await tx.query(`
    INSERT INTO interaction
      (customer_id, event_id, product_id, type, occurred_at, quantity, price, rating, channel, country)
    SELECT customer.id, ${EVENT_ID}, product.id, r.type, r.occurred_at, coalesce(netting.quantity, r.quantity), r.price,
      r.rating, r.channel, r.country
    FROM (${numberRows('identity IS NOT NULL')}) r
    JOIN customer ON customer.external_id_hash = r.customer
    JOIN product ON product.sku = r.sku
    LEFT JOIN import_netting netting ON netting."position" = r."position"
    WHERE r.kind = 'interaction' AND netting.quantity IS DISTINCT FROM 0
    ORDER BY customer.id, r.occurred_at, r."position"
    ON CONFLICT (customer_id, event_id) DO NOTHING`);
  return rowCount ?? 0;
}

/**
 * Corrects purchases that an earlier import of a shorter file stored before their return was known: those returned
 * whole go, the others keep what is left.
 */
export async function correctReturnedInteractions(tx: Transaction): Promise<void> {
  await tx.query(`
    WITH returned AS (
      SELECT customer.id AS customer_id, ${EVENT_ID} AS event_id, netting.quantity
      FROM (${numberRows('identity IN (SELECT identity FROM import_row JOIN import_netting USING ("position"))')}) r
      JOIN import_netting netting USING ("position")
      JOIN customer ON customer.external_id_hash = r.customer
      WHERE r.kind = 'interaction'
    ), removed AS (
      DELETE FROM interaction USING returned
      WHERE (interaction.customer_id, interaction.event_id) = (returned.customer_id, returned.event_id)
        AND returned.quantity = 0
    )
    UPDATE interaction SET quantity = returned.quantity FROM returned
    WHERE (interaction.customer_id, interaction.event_id) = (returned.customer_id, returned.event_id)
      AND returned.quantity > 0 AND interaction.quantity <> returned.quantity`);
}

/** First 128 bits of SHA-256 over the row's hash and its number among identical rows. */
const EVENT_ID = `encode(substr(sha256(r.identity || int8send(r.ordinal)), 1, 16), 'hex')::uuid`;

function numberRows(condition: string): string {
  return `
    SELECT "position", kind, identity, customer, sku, type, occurred_at, quantity, price, rating, channel, country,
      row_number() OVER (PARTITION BY identity ORDER BY "position") AS ordinal
    FROM import_row WHERE ${condition}`;
}
