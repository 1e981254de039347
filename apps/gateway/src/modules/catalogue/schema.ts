import { recordRejections } from '@sotto/database';
import { deleteProducts, type RejectedProduct as RejectedProductShape, upsertProducts } from '@sotto/shop';
import { builder, ErrorCode } from '../../builder.ts';
import { COUNTED_BY_FIRST, costOfList, requireFirst } from '../../paging.ts';
import { attemptAfterChange, refreshServing } from '../stored-change.ts';
import { ProductFilter, productFilterOf } from './filter.ts';
import { findVisibleProduct, Product, ProductConnection } from './product.ts';

const DEFAULT_FIRST = 20;

builder.queryFields((t) => ({
  product: t.field({
    type: Product,
    nullable: true,
    authScopes: { storefront: true },
    args: { sku: t.arg.string({ required: true }) },
    resolve: (_root, { sku }, context) => findVisibleProduct(context, sku),
  }),
  products: t.field({
    type: ProductConnection,
    authScopes: { storefront: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Visible products by sku.',
    args: {
      first: t.arg.int({ defaultValue: DEFAULT_FIRST }),
      after: t.arg.string(),
      filter: t.arg({ type: ProductFilter }),
    },
    resolve: (_root, { first, after, filter }, { services }) => {
      const page = services.serving.listProducts(
        productFilterOf(filter),
        requireFirst(first, DEFAULT_FIRST),
        after ?? undefined,
      );
      return { ...page, edges: page.edges.map(({ cursor, product }) => ({ cursor, node: product })) };
    },
  }),
}));

const ProductInput = builder.inputType('ProductInput', {
  description: 'A field that is left out keeps what is stored; null clears it.',
  fields: (t) => ({
    sku: t.string({ required: true }),
    title: t.string({ required: true }),
    description: t.string(),
    brand: t.string(),
    categories: t.stringList({ description: 'From the root of the category tree to the leaf.' }),
    price: t.field({ type: 'Decimal' }),
    currency: t.string({ description: 'ISO 4217.' }),
    imageUrl: t.string(),
    stock: t.int({ description: 'Units on hand; null: not tracked, always available.' }),
    isHidden: t.boolean(),
    attributes: t.field({ type: 'JSON' }),
  }),
});

const RejectedProduct = builder.objectRef<RejectedProductShape>('RejectedProduct').implement({
  fields: (t) => ({
    index: t.exposeInt('index'),
    code: t.expose('code', { type: ErrorCode }),
    message: t.exposeString('message'),
  }),
});

const UpsertProductsPayload = builder
  .objectRef<{ upserted: number; rejected: readonly RejectedProductShape[] }>('UpsertProductsPayload')
  .implement({
    fields: (t) => ({
      upserted: t.exposeInt('upserted'),
      rejected: t.field({
        type: [RejectedProduct],
        complexity: COUNTED_BY_FIRST,
        resolve: ({ rejected }) => rejected,
      }),
    }),
  });

const DeleteProductsPayload = builder
  .objectRef<{ deleted: number }>('DeleteProductsPayload')
  .implement({ fields: (t) => ({ deleted: t.exposeInt('deleted') }) });

builder.mutationFields((t) => ({
  upsertProducts: t.field({
    type: UpsertProductsPayload,
    authScopes: { operator: true },
    description: 'At most 500 a call, by sku.',
    args: { products: t.arg({ type: [ProductInput], required: true }) },
    resolve: async (_root, { products }, context) => {
      const { database } = context.services;
      const result = await upsertProducts(database, products);
      await attemptAfterChange(context, () =>
        recordRejections(
          database,
          result.rejected.map(({ index, code, message }) => ({
            source: 'UPSERT_PRODUCTS',
            code,
            message,
            sku: products[index]!.sku,
          })),
        ),
      );
      await refreshServing(context);
      return result;
    },
  }),
  deleteProducts: t.field({
    type: DeleteProductsPayload,
    authScopes: { operator: true },
    description: 'At most 500 a call. What customers did with them stays.',
    args: { skus: t.arg.stringList({ required: true }) },
    resolve: async (_root, { skus }, context) => {
      const result = await deleteProducts(context.services.database, skus);
      await refreshServing(context);
      return result;
    },
  }),
}));
