import type { Database } from './client.ts';

/** What the catalogue says of a product that is not deleted: public, so a model may learn from it for nothing. */
export interface ProductContent {
  readonly id: number;
  readonly title: string;
  readonly brand: string | null;
  /** From the root of the category tree to the leaf. */
  readonly categories: readonly string[];
  /** In the shop's currency; null where none is told. */
  readonly price: number | null;
}

/** All products that are not deleted, by ascending id. */
export async function readCatalogueContent({ pool }: Pick<Database, 'pool'>): Promise<readonly ProductContent[]> {
  const { rows } = await pool.query(
    `SELECT id, title, brand, coalesce(categories, '{}') AS categories, price::float8 AS price
     FROM product WHERE deleted_at IS NULL ORDER BY id`,
  );
  return rows;
}
