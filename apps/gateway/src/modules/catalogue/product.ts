import { builder } from '../../builder.ts';
import type { Context } from '../../context.ts';
import { COUNTED_BY_FIRST, type Page, PageInfo, pageInfoOf } from '../../paging.ts';
import type { CatalogueProduct } from '../../serving/types.ts';
import { encodeNodeId, Node, registerNode } from '../node.ts';

export const Product = builder.objectRef<CatalogueProduct>('Product').implement({
  interfaces: [Node],
  description: 'What is sold.',
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeNodeId('Product', String(id)) }),
    sku: t.exposeString('sku', { description: "The shop's own number." }),
    title: t.exposeString('title'),
    description: t.exposeString('description', { nullable: true }),
    brand: t.exposeString('brand', { nullable: true }),
    categories: t.field({
      type: ['String'],
      complexity: 0,
      description: 'From the root of the category tree to the leaf.',
      resolve: ({ categories }) => categories,
    }),
    price: t.expose('price', { type: 'Decimal', nullable: true }),
    currency: t.exposeString('currency', { nullable: true, description: 'ISO 4217.' }),
    imageUrl: t.exposeString('imageUrl', { nullable: true }),
    isAvailable: t.exposeBoolean('isAvailable'),
  }),
});

registerNode('Product', (id, context) => (/^\d{1,9}$/.test(id) ? findVisibleById(context, Number(id)) : undefined));

/** A product that customers may see, by sku. */
export function findVisibleProduct(
  { services }: Context,
  sku: string,
): CatalogueProduct | undefined | Promise<CatalogueProduct | undefined> {
  const product = services.findProduct(sku);
  return product instanceof Promise ? product.then(visible) : visible(product);
}

/** A product that customers may see, by the id that interactions hold. */
export function findVisibleById({ services }: Context, id: number): CatalogueProduct | undefined {
  return visible(services.serving.findProductById(id));
}

function visible(product: CatalogueProduct | undefined): CatalogueProduct | undefined {
  return product?.isHidden ? undefined : product;
}

const ProductEdge = builder.objectRef<Page<CatalogueProduct>['edges'][number]>('ProductEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Product }) }),
});

export const ProductConnection = builder.objectRef<Page<CatalogueProduct>>('ProductConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [ProductEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
  }),
});
