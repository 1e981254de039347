import type { Database } from '@sotto/database';
import type { ProductFacts } from './product-version.ts';

type Pool = Pick<Database, 'pool'>;

const BATCH_ROWS = 1_000;
/** On top of what the oldest open transaction demands: `updated_at` may come from a clock that is a little off. */
const OVERLAP_SECONDS = 5;

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

/**
 * From when on rows may still be missing in what a statement started now sees, as text for `readProducts`. A row
 * carries a time of its transaction or later, and that transaction may commit after us: so it is the start of the
 * oldest one that is open, not the newest row seen.
 */
export async function readHorizon({ pool }: Pool): Promise<string> {
  const { rows } = await pool.query<{ horizon: string }>(
    `SELECT (least(now(), min(xact_start)) - make_interval(secs => ${OVERLAP_SECONDS}))::text AS horizon
     FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return rows[0]!.horizon;
}

/** Every product row changed at or after `since`, or all, in the order of their ids and in batches. */
export async function* readProducts({ pool }: Pool, since: string | undefined): AsyncGenerator<ProductFacts[]> {
  let afterId = -1;
  for (;;) {
    const { rows } = await pool.query<ProductRow>({
      name: 'serving-products',
      text: `
        SELECT id, sku, title, description, brand, categories, trim_scale(price)::text AS price, currency, image_url,
          stock IS NULL OR stock > 0 AS is_available, is_hidden, deleted_at IS NOT NULL AS is_deleted,
          date_part('epoch', released_at) * 1000 AS released_at_ms, date_part('epoch', created_at) * 1000 AS created_at_ms
        FROM product WHERE id > $1 AND updated_at >= coalesce($2::timestamptz, '-infinity')
        ORDER BY id LIMIT ${BATCH_ROWS}`,
      values: [afterId, since ?? null],
    });
    if (rows.length > 0) yield rows.map(mapProduct);
    if (rows.length < BATCH_ROWS) return;
    afterId = rows.at(-1)!.id;
  }
}

/** Rows of the product table, to notice when some went away (a replacing import). */
export async function countProducts({ pool }: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM product');
  return rows[0]!.count;
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
