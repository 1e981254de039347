import { AppError, isDecimal } from '@sotto/shop';
import { sortableDecimal } from './decimals.ts';
import type { ProductVersion } from './product-version.ts';
import type { ProductFilter } from './types.ts';

export type ProductPredicate = (version: ProductVersion) => boolean;

/** Undefined as an absent field: what GraphQL and JSON hand over. */
export type LooseFilter = { readonly [Key in keyof ProductFilter]?: ProductFilter[Key] | undefined };

/**
 * A product passes when one of its categories (at any depth) and its brand are among those named and its price lies
 * within the bounds, which belong to the range. An empty list names nothing, so nothing passes.
 * @returns undefined when everything passes
 * @throws AppError BAD_INPUT for a bound that is no Decimal
 */
export function compileFilter(filter: LooseFilter): ProductPredicate | undefined {
  const predicates: ProductPredicate[] = [];
  if (filter.categories) {
    const categories = new Set(filter.categories);
    predicates.push(({ product }) => product.categories.some((category) => categories.has(category)));
  }
  if (filter.brands) {
    const brands = new Set(filter.brands);
    predicates.push(({ product }) => product.brand !== null && brands.has(product.brand));
  }
  if (filter.priceMin !== undefined) {
    const least = parseBound(filter.priceMin, 'filter.priceMin');
    predicates.push(({ sortablePrice }) => sortablePrice !== null && sortablePrice >= least);
  }
  if (filter.priceMax !== undefined) {
    const most = parseBound(filter.priceMax, 'filter.priceMax');
    predicates.push(({ sortablePrice }) => sortablePrice !== null && sortablePrice <= most);
  }
  const { isAvailable } = filter;
  if (isAvailable !== undefined) predicates.push(({ product }) => product.isAvailable === isAvailable);
  return predicates.length === 0 ? undefined : (version) => predicates.every((passes) => passes(version));
}

function parseBound(value: string, path: string): string {
  if (!isDecimal(value)) throw new AppError('BAD_INPUT', `${path}: is not a decimal`, { path });
  return sortableDecimal(value);
}
