import { type Neighbours, PRIVATE_ALGORITHMS } from '@sotto/recommender/serving';
import type { Place } from './rank-list.ts';
import { PURCHASE, type RankingContext, VIEW } from './ranking-context.ts';
import type { CatalogueProduct, ReasonKind, RecommendEdge } from './types.ts';

type Reason = RecommendEdge['reason'];

const NEW_DAYS = 30;
const MS_PER_DAY = 86_400_000;
const MAX_TITLE_LENGTH = 60;
/** Of the most popular or most trending product's score: less is neither. */
const LEAST_SHARE = 0.2;
const TRENDING = { kind: 'TRENDING', text: 'Trending now', likeText: 'Similar to trending products' } as const;
const POPULAR = { kind: 'POPULAR', text: 'Popular in this shop', likeText: 'Similar to popular products' } as const;

/** Why a product has its place, in words that are true of this shopper and this product. */
export function explainPlace(context: RankingContext, place: Place): Reason {
  switch (place.source) {
    case 'PERSONAL':
      return explainPersonal(context, place);
    case 'RELATED':
      return explainNeighbour(context, place, context.space.active?.model.related, 'SIMILAR_PRODUCT');
    case 'BOUGHT_TOGETHER':
      return explainNeighbour(context, place, context.space.active?.model.boughtTogether, 'BOUGHT_TOGETHER');
    case 'SIMILAR_CONTENT': {
      const seed = findLikestSeed(context, place);
      return because('SIMILAR_PRODUCT', seed, (title) => `Similar to ${title}`, 'Similar to what you are looking at');
    }
    case 'RECENTLY_VIEWED':
      return because('BECAUSE_YOU_VIEWED', productAt(context, place.index), () => 'You viewed this', '');
    case 'BUY_AGAIN':
      return because('BECAUSE_YOU_BOUGHT', productAt(context, place.index), () => 'You bought this before', '');
    case 'TRENDING':
      return explainRanked(context, place, context.space.active?.model.trending, TRENDING);
    case 'POPULAR':
      return explainRanked(context, place, context.space.active?.model.popularity, POPULAR);
    case 'NEW':
      return plain('NEW', isFresh(context, place) ? 'New in this shop' : 'Among the newest in this shop');
    case 'SEARCH':
      return plain('SIMILAR_PRODUCT', 'Matches your search');
    case 'PROMOTED':
      return plain('PROMOTED', 'Featured by the shop');
  }
}

/** The model names the row of the history that spoke most for the product, where one row tells a good part of it. */
function explainPersonal(context: RankingContext, place: Place): Reason {
  const { space, own } = context;
  const position = space.positionOfIndex(place.index);
  const item = space.isCold(position) ? space.nearestItem(position) : position;
  const row = space.active!.model.recommender.explain(own.history, item);
  const index = own.historyIndexes[row];
  const product = index === undefined ? null : productAt(context, index);
  if (index === undefined || product === null) return plain('SIMILAR_TASTE', 'Matches your taste');
  const title = shorten(product.title);
  if (hasOwnRow(context, index, PURCHASE))
    return { kind: 'BECAUSE_YOU_BOUGHT', because: product, text: `Because you bought ${title}` };
  if (hasOwnRow(context, index, VIEW))
    return { kind: 'BECAUSE_YOU_VIEWED', because: product, text: `Because you viewed ${title}` };
  return { kind: 'SIMILAR_TASTE', because: product, text: `Because you showed interest in ${title}` };
}

function hasOwnRow({ own, person }: RankingContext, index: number, kind: number): boolean {
  const { kinds } = person.history;
  for (let row = kinds.length - 1; row >= 0; row--) if (own.indexes[row] === index && kinds[row] === kind) return true;
  return false;
}

function explainNeighbour(
  context: RankingContext,
  place: Place,
  neighbours: Neighbours | undefined,
  kind: 'SIMILAR_PRODUCT' | 'BOUGHT_TOGETHER',
): Reason {
  const { space } = context;
  const position = space.positionOfIndex(place.index);
  const item = space.isCold(position) ? space.nearestItem(position) : position;
  let likest = -1;
  let likeness = 0;
  for (const seed of context.seeds) {
    const seedPosition = space.positionOfIndex(seed);
    if (seedPosition === -1 || !neighbours) continue;
    let score = 0;
    space.forEachItem(seedPosition, (seedItem, weight) => {
      score += weight * findNeighbourScore(neighbours, seedItem, item);
    });
    if (score > likeness) {
      likest = seed;
      likeness = score;
    }
  }
  const seed = likest === -1 ? null : productAt(context, likest);
  // Nobody ever bought or viewed a cold product: all that is known is what it is like.
  const isGuess = space.isCold(position) || (likest !== -1 && space.isCold(space.positionOfIndex(likest)));
  if (isGuess)
    return because('SIMILAR_PRODUCT', seed, (title) => `Goes with products like ${title}`, 'Goes with what you chose');
  if (isEstimated(space.active?.model.algorithm))
    return kind === 'BOUGHT_TOGETHER'
      ? because(kind, seed, (title) => `Often chosen with ${title}`, 'Often chosen with what you chose')
      : because(kind, seed, (title) => `Shoppers of ${title} tend to like this`, 'Goes with what you chose');
  return kind === 'BOUGHT_TOGETHER'
    ? because(kind, seed, (title) => `Bought together with ${title}`, 'Bought together with what you chose')
    : because(kind, seed, (title) => `Shoppers of ${title} also chose this`, 'Goes with what you chose');
}

/** A private model has no baskets, and its neighbours are estimates: nobody in particular may have bought both. */
function isEstimated(algorithm: string | undefined): boolean {
  return PRIVATE_ALGORITHMS.some((name) => name === algorithm);
}

function findNeighbourScore({ ptr, items, scores }: Neighbours, item: number, neighbour: number): number {
  const start = ptr[item]!;
  const at = items.subarray(start, ptr[item + 1]).indexOf(neighbour);
  return at === -1 ? 0 : scores[start + at]!;
}

/** Such a list goes down to what hardly anybody looked at: its last places are in it, but not what it is called. */
function explainRanked(
  context: RankingContext,
  place: Place,
  scores: Float32Array | undefined,
  { kind, text, likeText }: typeof TRENDING | typeof POPULAR,
): Reason {
  const { space } = context;
  const position = space.positionOfIndex(place.index);
  const isCold = space.isCold(position);
  if (isCold && isFresh(context, place)) return plain('NEW', 'New in this shop');
  const score = scores?.[isCold ? space.nearestItem(position) : position] ?? 0;
  if (score < LEAST_SHARE) return plain(kind, 'From this shop');
  return isCold ? plain('SIMILAR_PRODUCT', likeText) : plain(kind, text);
}

function findLikestSeed({ seeds, view, space }: RankingContext, place: Place): CatalogueProduct | null {
  if (seeds.length === 1) return findShowable(view.catalogue.versions[seeds[0]!]);
  let likest: number | undefined;
  let likeness = 0;
  const version = view.versionAt(place.index);
  if (!version) return null;
  for (const seed of seeds) {
    const other = view.versionAt(seed);
    const similarity = other ? space.content.measureSimilarity(version, other) : 0;
    if (similarity > likeness) {
      likest = seed;
      likeness = similarity;
    }
  }
  return likest === undefined ? null : findShowable(view.catalogue.versions[likest]);
}

function isFresh({ view, asOfMs }: RankingContext, place: Place): boolean {
  const freshAtMs = view.versionAt(place.index)?.freshAtMs ?? 0;
  return asOfMs - freshAtMs < NEW_DAYS * MS_PER_DAY;
}

function productAt({ view }: RankingContext, index: number): CatalogueProduct | null {
  return findShowable(view.catalogue.versions[index]);
}

/** A withdrawn product is not shown as a reason either. */
function findShowable(
  version: { readonly product: CatalogueProduct; readonly isDeleted: boolean } | undefined,
): CatalogueProduct | null {
  return version && !version.isDeleted && !version.product.isHidden ? version.product : null;
}

function because(
  kind: ReasonKind,
  product: CatalogueProduct | null,
  describe: (title: string) => string,
  otherwise: string,
): Reason {
  return { kind, because: product, text: product ? describe(shorten(product.title)) : otherwise };
}

function plain(kind: ReasonKind, text: string): Reason {
  return { kind, because: null, text };
}

function shorten(title: string): string {
  return title.length <= MAX_TITLE_LENGTH ? title : `${title.slice(0, MAX_TITLE_LENGTH - 1).trimEnd()}…`;
}
