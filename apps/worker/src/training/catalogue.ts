import type { ProductContent } from '@sotto/database';
import type { CatalogueContent } from '@sotto/recommender/training';

/** A shop's products become items, in the order of their ids. */
export function describeCatalogue(products: readonly ProductContent[]): {
  readonly productIds: Int32Array;
  readonly catalogue: CatalogueContent;
} {
  return {
    productIds: Int32Array.from(products, ({ id }) => id),
    catalogue: {
      categories: products.map(({ categories }) => categories),
      brands: products.map(({ brand }) => brand),
      prices: products.map(({ price }) => price),
      titles: products.map(({ title }) => title),
    },
  };
}
