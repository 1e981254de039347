import { createHash } from 'node:crypto';
import { AppError } from '@sotto/shop';
import type { CatalogueView } from './catalogue.ts';
import { parsePlacementSettings } from './placement-settings.ts';
import { type ServedPlacement, type Snapshot, servePlacement } from './snapshot-store.ts';
import type { RecommendRequest } from './types.ts';

/** A request with its names looked up. */
export interface Question {
  readonly placement: ServedPlacement;
  /** Catalogue indexes of the products the request speaks of, each once. */
  readonly seeds: readonly number[];
  readonly searchText: string | undefined;
  /** Tells this question from others, settings aside. 8 bytes. */
  hash(): Buffer;
}

const MAX_CART_SKUS = 100;
const MAX_SEARCH_LENGTH = 200;

/** What Product.recommendations asks: no placement of the operator's. */
const INTENTS: Readonly<Record<'RELATED' | 'COMPLEMENTARY', ServedPlacement>> = {
  RELATED: servePlacement(
    parsePlacementSettings({ strategies: ['RELATED', 'SIMILAR_CONTENT'], excludePurchasedDays: 30 }),
  ),
  COMPLEMENTARY: servePlacement(
    parsePlacementSettings({
      strategies: ['BOUGHT_TOGETHER', 'RELATED', 'SIMILAR_CONTENT'],
      excludePurchasedDays: 30,
    }),
  ),
};

/**
 * @param view of the moment the list began: what was hidden since still leads to the same list
 * @throws AppError NOT_FOUND for an unknown placement or a page's product that is not shown, BAD_INPUT for a context
 * that is too long
 */
export function resolveQuestion(
  { placements }: Pick<Snapshot, 'placements'>,
  view: CatalogueView,
  request: RecommendRequest,
): Question {
  const { target, context } = request;
  const seeds = new Set<number>();
  let placement: ServedPlacement | undefined;
  if ('placement' in target) {
    placement = placements.get(target.placement);
    if (!placement) throw new AppError('NOT_FOUND', 'There is no placement of this name', { path: 'placement' });
  } else {
    placement = INTENTS[target.intent];
    // Of a product that was already answered with, which may be hidden for all but the operator.
    const index = view.catalogue.indexOfSku(target.productSku);
    if (index === undefined) throw notFound('sku');
    seeds.add(index);
  }
  const cartSkus = context.cartSkus ?? [];
  if (cartSkus.length > MAX_CART_SKUS)
    throw new AppError('BAD_INPUT', `${cartSkus.length} products in the cart, at most ${MAX_CART_SKUS}`, {
      path: 'context.cartSkus',
    });
  const searchText = context.searchText?.trim();
  if (searchText !== undefined && searchText.length > MAX_SEARCH_LENGTH)
    throw new AppError('BAD_INPUT', `searchText is longer than ${MAX_SEARCH_LENGTH} characters`, {
      path: 'context.searchText',
    });
  if (context.productSku !== undefined) {
    const index = findShown(view, context.productSku);
    if (index === undefined) throw notFound('context.productSku');
    seeds.add(index);
  }
  for (const sku of cartSkus) {
    const index = findShown(view, sku);
    // A cart outlives what is in it: the rest still asks a question.
    if (index !== undefined) seeds.add(index);
  }
  let hash: Buffer | undefined;
  return {
    placement,
    seeds: [...seeds],
    searchText: searchText || undefined,
    hash: () => (hash ??= hashQuestion(request)),
  };
}

/** @returns undefined for a hidden product too: whether there is one is nobody's to know */
function findShown(view: CatalogueView, sku: string): number | undefined {
  const index = view.catalogue.indexOfSku(sku);
  const version = index === undefined ? undefined : view.versionAt(index);
  return version && !version.isDeleted && !version.product.isHidden ? index : undefined;
}

function notFound(path: string): AppError {
  return new AppError('NOT_FOUND', `${path}: there is no product of this sku`, { path });
}

function hashQuestion({ target, context, filter }: RecommendRequest): Buffer {
  const { categories, brands, priceMin, priceMax, isAvailable } = filter;
  const parts = [
    'placement' in target ? [target.placement] : [target.productSku, target.intent],
    [context.productSku, context.cartSkus, context.searchText],
    [categories, brands, priceMin, priceMax, isAvailable],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 8);
}
