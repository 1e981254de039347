import type { Database } from '@sotto/database';
import type { ProductFacts } from './product-version.ts';

type Pool = Pick<Database, 'pool'>;

const BATCH_ROWS = 1_000;

interface ProductRow {
  readonly id: number;
  readonly sku: string;
  readonly title: string;
  readonly description: string | null;
  readonly brand: string | null;
  readonly categories: string[] | null;
  readonly price: string | null;
  readonly currency: string | null;
  readonly image_url: string | null;
  readonly is_available: boolean;
  readonly is_hidden: boolean;
  readonly is_deleted: boolean;
  readonly released_at_ms: number | null;
  readonly created_at_ms: number;
}

/** What one look at the product table found. */
export interface ProductChanges {
  /** Ask from here next time. A transaction id, as text. */
  readonly horizon: string;
  /** Rows of the table, to notice when some went away (a replacing import). */
  readonly count: number;
  /** Ids of the rows that may have changed, ascending. */
  readonly changedIds: readonly number[];
}

/**
 * Finds the rows that the look before did not see: every row names the transaction that wrote it, and all that were
 * still open or unborn then are at or after the oldest that was open. So no clock, no role and no other session's
 * privacy matters, and only open writers hold the horizon back. One pass over the table, whose rows stay there.
 * @param since the horizon of the look before; undefined = the rows are about to be read anyway
 */
export async function findProductChanges({ pool }: Pool, since: string | undefined): Promise<ProductChanges> {
  const { rows } = await pool.query<ProductChanges>({
    name: 'serving-product-changes',
    // Transaction ids wrap around, which age() minds. A horizon of the future is that of a server before its restore.
    text: `
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, count(*)::int AS count,
        coalesce(array_agg(id ORDER BY id) FILTER (
          WHERE age(xmin) <= age($1::xid8::xid) OR age($1::xid8::xid) < 0
        ), '{}') AS "changedIds"
      FROM product`,
    values: [since ?? null],
  });
  return rows[0]!;
}

const COLUMNS = `id, sku, title, description, brand, categories, trim_scale(price)::text AS price, currency, image_url,
  stock IS NULL OR stock > 0 AS is_available, is_hidden, deleted_at IS NOT NULL AS is_deleted,
  date_part('epoch', released_at) * 1000 AS released_at_ms, date_part('epoch', created_at) * 1000 AS created_at_ms`;

/** Every product row, in the order of their ids and in batches. */
export async function* readAllProducts({ pool }: Pool): AsyncGenerator<ProductFacts[]> {
  for (let afterId = -1; ; ) {
    const { rows } = await pool.query<ProductRow>({
      name: 'serving-all-products',
      text: `SELECT ${COLUMNS} FROM product WHERE id > $1 ORDER BY id LIMIT ${BATCH_ROWS}`,
      values: [afterId],
    });
    if (rows.length > 0) yield rows.map(mapProduct);
    if (rows.length < BATCH_ROWS) return;
    afterId = rows.at(-1)!.id;
  }
}

/** The rows of these ids that are there, in their order and in batches. */
export async function* readProducts({ pool }: Pool, ids: readonly number[]): AsyncGenerator<ProductFacts[]> {
  for (let start = 0; start < ids.length; start += BATCH_ROWS) {
    const { rows } = await pool.query<ProductRow>({
      name: 'serving-products',
      text: `SELECT ${COLUMNS} FROM product WHERE id = ANY($1::int[]) ORDER BY id`,
      values: [ids.slice(start, start + BATCH_ROWS)],
    });
    yield rows.map(mapProduct);
  }
}

export async function readActiveVersionId({ pool }: Pool): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>("SELECT id FROM model_version WHERE status = 'ACTIVE'");
  return rows[0]?.id ?? null;
}

function mapProduct(row: ProductRow): ProductFacts {
  return {
    product: Object.freeze({
      id: row.id,
      sku: row.sku,
      title: row.title,
      description: row.description,
      brand: row.brand,
      categories: row.categories ?? [],
      price: row.price,
      currency: row.currency,
      imageUrl: row.image_url,
      isAvailable: row.is_available,
      isHidden: row.is_hidden,
      createdAt: row.created_at_ms,
    }),
    isDeleted: row.is_deleted,
    releasedAtMs: row.released_at_ms,
  };
}
