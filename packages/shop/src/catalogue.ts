import type { Database } from '@sotto/database';
import { AppError, type ErrorCode } from './errors.ts';
import { type ProductInput, parseProduct, skuSchema } from './product-input.ts';

export const MAX_PRODUCTS_PER_CALL = 500;
/** A hint that products changed; its payload is empty, the truth is `product.updated_at`. */
export const CATALOGUE_CHANNEL = 'sotto_catalogue';

export interface RejectedProduct {
  /** Position in the caller's list. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface UpsertProductsResult {
  readonly upserted: number;
  readonly rejected: readonly RejectedProduct[];
}

/**
 * Creates or changes products by sku; a deleted one comes back. Absent fields keep what is stored, null clears.
 * @param inputs at most 500, each parsed here; those that are wrong are returned, the others are stored in one statement
 * @throws AppError BAD_INPUT for more than 500
 */
export async function upsertProducts(database: Database, inputs: readonly unknown[]): Promise<UpsertProductsResult> {
  refuseTooMany('products', inputs.length);
  const rejected: RejectedProduct[] = [];
  const products = new Map<string, ProductInput>();
  for (const [index, input] of inputs.entries()) {
    const parsed = parseProduct(input);
    if ('problem' in parsed) rejected.push({ index, code: 'BAD_INPUT', message: parsed.problem });
    else if (products.has(parsed.product.sku))
      rejected.push({ index, code: 'BAD_INPUT', message: 'sku: is also earlier in this call' });
    else products.set(parsed.product.sku, parsed.product);
  }
  if (products.size > 0)
    await database.pool.query({
      name: 'upsert-products',
      text: upsertProductsSql('SELECT jsonb_array_elements($1::jsonb) AS item'),
      values: [JSON.stringify([...products.values()])],
    });
  return { upserted: products.size, rejected };
}

/**
 * Marks products as deleted; what customers did with them stays. Unknown skus are no error.
 * @param skus at most 500
 * @returns how many there were to delete
 * @throws AppError BAD_INPUT for more than 500, or for a sku that cannot be one
 */
export async function deleteProducts(database: Database, skus: readonly string[]): Promise<{ deleted: number }> {
  refuseTooMany('skus', skus.length);
  for (const [index, sku] of skus.entries())
    if (!skuSchema.safeParse(sku).success) throw new AppError('BAD_INPUT', 'is not a sku', { path: `skus[${index}]` });
  const { rows } = await database.pool.query<{ deleted: number }>({
    name: 'delete-products',
    text: `
      WITH locked AS MATERIALIZED (
        SELECT id FROM product WHERE sku = ANY($1::text[]) AND deleted_at IS NULL ORDER BY sku FOR UPDATE
      ), deleted AS (
        UPDATE product SET deleted_at = now(), updated_at = clock_timestamp()
        WHERE id IN (SELECT id FROM locked) RETURNING 1
      )
      SELECT count(*)::int AS deleted, CASE WHEN count(*) > 0 THEN pg_notify('${CATALOGUE_CHANNEL}', '') END FROM deleted`,
    values: [skus],
  });
  return { deleted: rows[0]!.deleted };
}

function refuseTooMany(path: string, count: number): void {
  if (count > MAX_PRODUCTS_PER_CALL)
    throw new AppError('BAD_INPUT', `${count} in one call, at most ${MAX_PRODUCTS_PER_CALL}`, { path });
}

/** Columns that an item may leave out, and how each is read from it. */
const OPTIONAL_COLUMNS = {
  description: ['description', `item ->> 'description'`],
  brand: ['brand', `item ->> 'brand'`],
  categories: [
    'categories',
    `ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(item -> 'categories') WHEN 'array' THEN item -> 'categories' ELSE '[]' END))`,
  ],
  price: ['price', `(item ->> 'price')::numeric`],
  currency: ['currency', `item ->> 'currency'`],
  image_url: ['imageUrl', `item ->> 'imageUrl'`],
  stock: ['stock', `(item ->> 'stock')::int`],
  is_hidden: ['isHidden', `coalesce((item ->> 'isHidden')::boolean, false)`],
  attributes: ['attributes', `nullif(item -> 'attributes', 'null')`],
  released_at: ['releasedAt', `(item ->> 'releasedAt')::timestamptz`],
} as const;

/**
 * One statement that upserts products and tells listeners when something changed.
 *
 * Existing rows are updated and only new ones inserted, since INSERT ... ON CONFLICT alone would spend a product id on
 * every known sku, and ids are meant to stay compact. Rows are locked in the order of their skus, so that two calls
 * cannot deadlock. Rows that stay the same are not written, so gateways do not reload what did not change.
 * @param source SQL that gives rows (item jsonb): ProductInput documents, each sku once
 */
export function upsertProductsSql(source: string): string {
  const columns = Object.entries(OPTIONAL_COLUMNS);
  const written = ['title', ...columns.map(([column]) => column)];
  const kept = columns.map(
    ([column, [key, sql]]) => `CASE WHEN item ? '${key}' THEN ${sql} ELSE p.${column} END AS ${column}`,
  );
  const given = columns.map(([, [, sql]]) => sql);
  const assignments = (from: string) => written.map((column) => `${column} = ${from}.${column}`).join(', ');
  const row = (alias: string) => `(${written.map((column) => `${alias}.${column}`).join(', ')})`;
  return `
    WITH input AS MATERIALIZED (SELECT item, item ->> 'sku' AS sku FROM (${source}) source),
    locked AS MATERIALIZED (
      SELECT p.* FROM product p JOIN input USING (sku) ORDER BY p.sku FOR UPDATE OF p
    ), merged AS (
      SELECT p.id, item ->> 'title' AS title, ${kept.join(', ')} FROM locked p JOIN input USING (sku)
    ), updated AS (
      UPDATE product p SET ${assignments('m')}, deleted_at = NULL, updated_at = clock_timestamp()
      FROM merged m WHERE p.id = m.id AND (p.deleted_at IS NOT NULL OR ${row('p')} IS DISTINCT FROM ${row('m')})
      RETURNING 1
    ), inserted AS (
      INSERT INTO product AS p (sku, ${written.join(', ')})
      SELECT sku, item ->> 'title', ${given.join(', ')} FROM input
      WHERE NOT EXISTS (SELECT 1 FROM locked WHERE locked.sku = input.sku) ORDER BY sku
      ON CONFLICT (sku) DO UPDATE SET ${assignments('EXCLUDED')}, deleted_at = NULL, updated_at = clock_timestamp()
      RETURNING 1
    ), changed AS (SELECT 1 FROM updated UNION ALL SELECT 1 FROM inserted)
    SELECT count(*)::int AS changed, CASE WHEN count(*) > 0 THEN pg_notify('${CATALOGUE_CHANNEL}', '') END FROM changed`;
}
