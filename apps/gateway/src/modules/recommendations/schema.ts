import { builder } from '../../builder.ts';
import { askerOf } from '../../context.ts';
import { COUNTED_BY_FIRST, costOfList, PageInfo, pageInfoOf, requireFirst } from '../../paging.ts';
import type { RecommendAnswer, RecommendEdge } from '../../serving/types.ts';
import { ProductFilter, productFilterOf } from '../catalogue/filter.ts';
import { Product } from '../catalogue/product.ts';
import { Channel } from '../enums.ts';
import { ModelVersion, modelVersionOf } from '../models/model-version.ts';

const DEFAULT_FIRST = 12;
/** Each list reads its person and ranks the catalogue, even for one product. */
const COST = costOfList(DEFAULT_FIRST, 20);

const BasisLevel = builder.enumType('BasisLevel', { values: ['NONE', 'CONTEXTUAL', 'PERSONAL'] as const });
const BasisCause = builder.enumType('BasisCause', {
  values: ['CONSENT', 'NO_CONSENT', 'GLOBAL_PRIVACY_CONTROL', 'OBJECTION', 'NO_HISTORY', 'NO_MODEL'] as const,
});
const ReasonKind = builder.enumType('ReasonKind', {
  description:
    'What gave a product its place. For TRENDING and POPULAR the order of that list did, even far down in it.',
  values: [
    'SIMILAR_TASTE',
    'BECAUSE_YOU_VIEWED',
    'BECAUSE_YOU_BOUGHT',
    'BOUGHT_TOGETHER',
    'SIMILAR_PRODUCT',
    'TRENDING',
    'POPULAR',
    'PROMOTED',
    'NEW',
  ] as const,
});
const Shortfall = builder.enumType('Shortfall', {
  values: ['EMPTY_CATALOGUE', 'FILTERED_OUT', 'NO_CANDIDATES'] as const,
});
const RecommendationIntent = builder.enumType('RecommendationIntent', {
  values: ['RELATED', 'COMPLEMENTARY'] as const,
});

const RecommendationContext = builder.inputType('RecommendationContext', {
  description: 'What is on the page that asks.',
  fields: (t) => ({
    productSku: t.string(),
    cartSkus: t.stringList(),
    searchText: t.string(),
    channel: t.field({ type: Channel, description: 'Changes nothing yet: no placement ranks by it.' }),
  }),
});

const RecommendationReason = builder.objectRef<RecommendEdge['reason']>('RecommendationReason').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: ReasonKind }),
    because: t.expose('because', {
      type: Product,
      nullable: true,
      description: "The viewer's own product that led here.",
    }),
    text: t.exposeString('text'),
  }),
});

const PersonalizationBasis = builder.objectRef<RecommendAnswer['basis']>('PersonalizationBasis').implement({
  description: 'How personal the answer is, and why.',
  fields: (t) => ({
    level: t.expose('level', { type: BasisLevel }),
    because: t.expose('because', { type: BasisCause }),
  }),
});

const RecommendationEdge = builder.objectRef<RecommendEdge>('RecommendationEdge').implement({
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    node: t.field({ type: Product, resolve: ({ product }) => product }),
    score: t.exposeFloat('score', {
      description:
        'How the product ranks against the best of its list: 1 for the best and for what the shop featured, less in steps of 0.05, never below 0.05. Coarse so that it tells no counts of what others did.',
    }),
    reason: t.expose('reason', { type: RecommendationReason }),
  }),
});

const RecommendationConnection = builder.objectRef<RecommendAnswer>('RecommendationConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [RecommendationEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
    recommendationId: t.exposeID('recommendationId', {
      description: 'Send it back with events to attribute them.',
    }),
    basis: t.expose('basis', { type: PersonalizationBasis, complexity: 0 }),
    model: t.field({
      type: ModelVersion,
      nullable: true,
      complexity: 0,
      resolve: async ({ modelVersionId }, _args, { services }) => {
        const version = modelVersionId === null ? undefined : await services.modelVersions.find(modelVersionId);
        return version ? modelVersionOf(version) : null;
      },
    }),
    shortfall: t.expose('shortfall', {
      type: Shortfall,
      nullable: true,
      description: 'Why the list is empty or short, when it is.',
    }),
  }),
});

builder.queryField('recommendations', (t) =>
  t.field({
    type: RecommendationConnection,
    authScopes: { storefront: true },
    complexity: COST,
    description: 'For the customer behind the token, the anonymous visitor id, or nobody.',
    args: {
      placement: t.arg.string({ required: true }),
      first: t.arg.int({ defaultValue: DEFAULT_FIRST }),
      after: t.arg.string(),
      context: t.arg({ type: RecommendationContext }),
      filter: t.arg({ type: ProductFilter }),
    },
    resolve: (_root, { placement, first, after, context, filter }, request) =>
      request.services.serving.recommend({
        target: { placement },
        asker: askerOf(request),
        first: requireFirst(first, DEFAULT_FIRST),
        ...(after == null ? {} : { after }),
        context: {
          ...(context?.productSku == null ? {} : { productSku: context.productSku }),
          ...(context?.cartSkus == null ? {} : { cartSkus: context.cartSkus }),
          ...(context?.searchText == null ? {} : { searchText: context.searchText }),
        },
        filter: productFilterOf(filter),
      }),
  }),
);

builder.objectField(Product, 'recommendations', (t) =>
  t.field({
    type: RecommendationConnection,
    complexity: COST,
    description: 'RELATED: others like it. COMPLEMENTARY: what goes with it.',
    args: {
      intent: t.arg({ type: RecommendationIntent, required: true, defaultValue: 'RELATED' }),
      first: t.arg.int({ defaultValue: DEFAULT_FIRST }),
      after: t.arg.string(),
    },
    resolve: ({ sku }, { intent, first, after }, request) =>
      request.services.serving.recommend({
        target: { productSku: sku, intent },
        asker: askerOf(request),
        first: requireFirst(first, DEFAULT_FIRST),
        ...(after == null ? {} : { after }),
        context: {},
        filter: {},
      }),
  }),
);
