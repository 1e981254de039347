import { AppError } from '@sotto/shop';
import { builder } from '../../builder.ts';
import type { ProductFilter as ProductFilterShape } from '../../serving/types.ts';

const MAX_NAMES = 100;
/** As long as a product's brand and categories get. */
const MAX_NAME_LENGTH = 200;

export const ProductFilter = builder.inputType('ProductFilter', {
  fields: (t) => ({
    categories: t.stringList({ description: 'In any of these, at most 100.' }),
    brands: t.stringList({ description: 'Of any of these, at most 100.' }),
    priceMin: t.field({ type: 'Decimal' }),
    priceMax: t.field({ type: 'Decimal' }),
    isAvailable: t.boolean(),
  }),
});

type Nullable<Shape> = { [Key in keyof Shape]?: Shape[Key] | null | undefined };

/**
 * null and absent mean the same here: no condition.
 * @throws AppError BAD_INPUT with the path of a list or name that is too long
 */
export function productFilterOf(input: Nullable<ProductFilterShape> | null | undefined): ProductFilterShape {
  for (const field of ['categories', 'brands'] as const) requireNames(`filter.${field}`, input?.[field] ?? []);
  return Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value != null));
}

function requireNames(path: string, names: readonly string[]): void {
  if (names.length > MAX_NAMES)
    throw new AppError('BAD_INPUT', `${path}: ${names.length} names, at most ${MAX_NAMES} are allowed`, { path });
  const at = names.findIndex((name) => name.length > MAX_NAME_LENGTH);
  if (at >= 0)
    throw new AppError('BAD_INPUT', `${path}[${at}] is longer than ${MAX_NAME_LENGTH} characters`, {
      path: `${path}[${at}]`,
    });
}
