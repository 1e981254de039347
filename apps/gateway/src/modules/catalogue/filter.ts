import { builder } from '../../builder.ts';
import type { ProductFilter as ProductFilterShape } from '../../serving/types.ts';

export const ProductFilter = builder.inputType('ProductFilter', {
  fields: (t) => ({
    categories: t.stringList({ description: 'In any of these.' }),
    brands: t.stringList({ description: 'Of any of these.' }),
    priceMin: t.field({ type: 'Decimal' }),
    priceMax: t.field({ type: 'Decimal' }),
    isAvailable: t.boolean(),
  }),
});

type Nullable<Shape> = { [Key in keyof Shape]?: Shape[Key] | null | undefined };

/** null and absent mean the same here: no condition. */
export function productFilterOf(input: Nullable<ProductFilterShape> | null | undefined): ProductFilterShape {
  return Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value != null));
}
