import { pickDiverse } from './diversity.ts';
import { isInForce, type PlacementFilter, type Strategy } from './placement-settings.ts';
import type { ProductVersion } from './product-version.ts';
import type { RankingContext } from './ranking-context.ts';
import { CONTEXTUAL_STRATEGIES, PERSONAL_STRATEGIES, scoreCandidates } from './strategies.ts';
import { selectTopK, type TopK } from './top-k.ts';

/** Nobody pages further; what lies behind is reached with a filter. */
export const MAX_DEPTH = 1_000;
/** Diversity reorders within stretches of so many, so that the order of a page does not depend on how many were asked. */
const STRETCH = 60;

/** Scores are told in so many steps: exact ones are ratios of small counts, which anybody could work out. */
const SCORE_STEPS = 20;

/** One place of a list. */
export interface Place {
  /** In the catalogue. */
  readonly index: number;
  /** What may be told of the score, in steps of 0.05 up to 1. */
  readonly score: number;
  readonly source: Strategy | 'PROMOTED';
}

export interface RankedList {
  /** As many as were needed, unless there are no more. */
  readonly places: readonly Place[];
  /** The asker's own rows had a say. */
  readonly isPersonal: boolean;
  /** What the request says of its page had a say. */
  readonly isContextual: boolean;
  /** Candidates were left out: filtered, hidden, unavailable, bought or seen. Only told of a list that ended. */
  readonly hasRefused: boolean;
}

/** Why a product may not take a place: bits, since each strategy minds some of them. */
const PLACED = 1;
const IN_CONTEXT = 2;
const BOUGHT = 4;
const DISLIKED = 8;
const KNOWN = 16;

const BLOCKED_FOR: Readonly<Record<Strategy | 'PROMOTED', number>> = {
  // What a shopper knows already is what a model likes best, and no discovery.
  PERSONAL: PLACED | IN_CONTEXT | BOUGHT | DISLIKED | KNOWN,
  RELATED: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
  BOUGHT_TOGETHER: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
  SIMILAR_CONTENT: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
  RECENTLY_VIEWED: PLACED | IN_CONTEXT | BOUGHT,
  BUY_AGAIN: PLACED | IN_CONTEXT,
  TRENDING: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
  POPULAR: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
  NEW: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
  SEARCH: PLACED | IN_CONTEXT | BOUGHT,
  PROMOTED: PLACED | IN_CONTEXT | BOUGHT | DISLIKED,
};

/**
 * Ranks the first `needed` places of a list. A longer list begins with the shorter one: pages are stretches of one list.
 *
 * The placement's strategies are asked in turn; each fills what the ones before left. Within one: candidates, without
 * those that may not be shown, boosted, best first, made diverse. Pins and promoted products then take their places.
 */
export function rankList(context: RankingContext, needed: number): RankedList {
  const { settings, space, view, asOfMs } = context;
  const blocks = blockProducts(context);
  const factors = collectFactors(context);
  const filters = [view.catalogue.maskOf(settings.filter), view.catalogue.maskOf(context.filter)].filter(
    (mask) => mask !== undefined,
  );
  let hasRefused = false;
  const mayShow = (index: number, source: Strategy | 'PROMOTED'): boolean => {
    const block = blocks[index]! & BLOCKED_FOR[source];
    if (block === 0 && view.versionAt(index)?.isServable && filters.every((mask) => view.passes(mask, index)))
      return true;
    // Nobody misses on a page the product that it is about.
    if ((block & (PLACED | IN_CONTEXT)) === 0) hasRefused = true;
    return false;
  };
  const idOf = (index: number) => view.catalogue.versions[index]!.product.id;

  const pins = new Map<number, Place>();
  for (const pin of settings.pins) {
    const index = view.catalogue.indexOfSku(pin.sku);
    if (index === undefined || !isInForce(pin, asOfMs) || !mayShow(index, 'PROMOTED')) continue;
    let position = pin.position;
    while (pins.has(position)) position++;
    pins.set(position, { index, score: 1, source: 'PROMOTED' });
    blocks[index]! |= PLACED;
  }

  const organic: Place[] = [];
  let promoted: readonly Place[] | undefined;
  let isPersonal = context.person.dislikedProductIds.length > 0;
  let isContextual = false;
  // What a later strategy found never seems better than what an earlier one did.
  let ceiling = 1;
  for (const strategy of settings.strategies) {
    const wanted = Math.min(needed, MAX_DEPTH) - organic.length;
    if (wanted <= 0) break;
    if (!scoreCandidates[strategy](context)) continue;
    for (const [position, factor] of factors) {
      const score = space.scores[position]!;
      if (score > 0) space.scores[position] = score * factor;
    }
    // Promoted products are ordered by the first strategy that has something to say.
    promoted ??= rankPromoted(context, (index) => mayShow(index, 'PROMOTED'), idOf);
    const found = selectTopK(
      space.scores,
      settings.diversity > 0 ? Math.ceil(wanted / STRETCH) * STRETCH : wanted,
      (position) => {
        const index = space.indexOf[position]!;
        return index !== -1 && mayShow(index, strategy);
      },
      (position) => idOf(space.indexOf[position]!),
    );
    const order = settings.diversity > 0 ? diversify(context, found, wanted) : undefined;
    const count = Math.min(wanted, found.positions.length);
    let least = ceiling;
    for (let rank = 0; rank < count; rank++) {
      const at = order ? order[rank]! : rank;
      const index = space.indexOf[found.positions[at]!]!;
      const score = Math.min(ceiling, coarsen(found.scores[at]! / found.scores[0]!));
      least = Math.min(least, score);
      organic.push({ index, score, source: strategy });
      blocks[index]! |= PLACED;
    }
    ceiling = least;
    if (count > 0 && PERSONAL_STRATEGIES.has(strategy)) isPersonal = true;
    if (count > 0 && CONTEXTUAL_STRATEGIES.has(strategy)) isContextual = true;
  }
  const { purchases, impressions } = context.person;
  if (settings.excludePurchasedDays > 0 && purchases.productIds.length > 0) isPersonal = true;
  if (settings.rotation > 0 && impressions.productIds.length > 0) isPersonal = true;
  const places = mergePlaces(organic, pins, promoted ?? [], settings.promoted?.share ?? 0, Math.min(needed, MAX_DEPTH));
  return { places, isPersonal, isContextual, hasRefused };
}

/** @param share of the best score, above 0 and up to 1 */
function coarsen(share: number): number {
  // A hair above: 0.15 of the best may be 0.1499999.
  return Math.max(1, Math.floor(share * SCORE_STEPS + 1e-6)) / SCORE_STEPS;
}

function blockProducts({ settings, view, person, own, seeds, asOfMs }: RankingContext): Uint8Array {
  const blocks = new Uint8Array(view.catalogue.size);
  for (const seed of seeds) blocks[seed]! |= IN_CONTEXT;
  for (const index of own.indexes) if (index !== -1) blocks[index]! |= KNOWN;
  for (const id of person.dislikedProductIds) {
    const index = view.catalogue.indexOfId(id);
    if (index !== undefined) blocks[index]! |= DISLIKED;
  }
  const boughtAfter = asOfMs / 1000 - settings.excludePurchasedDays * 86_400;
  const { productIds, times } = person.purchases;
  for (let row = 0; row < productIds.length && settings.excludePurchasedDays > 0; row++) {
    const index = view.catalogue.indexOfId(productIds[row]!);
    if (index !== undefined && times[row]! > boughtAfter) blocks[index]! |= BOUGHT;
  }
  return blocks;
}

/** By position in the score space: boosts in force, and rotation of what was just shown. */
function collectFactors(context: RankingContext): ReadonlyMap<number, number> {
  const { settings, space, view, person, asOfMs } = context;
  const factors = new Map<number, number>();
  const multiply = (index: number, factor: number) => {
    const position = space.positionOfIndex(index);
    if (position !== -1) factors.set(position, (factors.get(position) ?? 1) * factor);
  };
  for (const boost of settings.boosts) {
    if (!isInForce(boost, asOfMs)) continue;
    for (const index of findTargets(context, boost)) multiply(index, boost.factor);
  }
  if (settings.rotation > 0) {
    const shown = new Map<number, number>();
    for (const id of person.impressions.productIds) shown.set(id, (shown.get(id) ?? 0) + 1);
    // Seen once it falls half of the way, twice three quarters.
    for (const [id, times] of shown)
      multiply(view.catalogue.indexOfId(id) ?? -1, 1 - settings.rotation * (1 - 0.5 ** times));
  }
  return factors;
}

function* findTargets(
  { view }: RankingContext,
  { filter, skus }: { filter?: PlacementFilter | undefined; skus?: readonly string[] | undefined },
): Iterable<number> {
  for (const sku of skus ?? []) {
    const index = view.catalogue.indexOfSku(sku);
    if (index !== undefined) yield index;
  }
  if (!filter) return;
  const mask = view.catalogue.maskOf(filter);
  if (mask) yield* view.indexesOf(mask);
  else yield* view.catalogue.versions.keys();
}

function rankPromoted(
  context: RankingContext,
  mayShow: (index: number) => boolean,
  idOf: (index: number) => number,
): Place[] {
  const { settings, space, asOfMs } = context;
  if (!settings.promoted || !isInForce(settings.promoted, asOfMs)) return [];
  const found: { readonly index: number; readonly score: number }[] = [];
  for (const index of findTargets(context, settings.promoted)) {
    const position = space.positionOfIndex(index);
    const score = position === -1 ? 0 : space.scores[position]!;
    if (mayShow(index)) found.push({ index, score: Number.isFinite(score) ? score : 0 });
  }
  found.sort((left, right) => right.score - left.score || idOf(left.index) - idOf(right.index));
  return found.map(({ index }) => ({ index, score: 1, source: 'PROMOTED' }));
}

/** @returns the order in which to take what was found, at least `wanted` of it */
function diversify({ settings, view, space: { indexOf } }: RankingContext, found: TopK, wanted: number): number[] {
  const order: number[] = [];
  for (let start = 0; start < Math.min(wanted, found.positions.length); start += STRETCH) {
    const stretch = found.positions.subarray(start, start + STRETCH);
    const facets = Array.from(stretch, (position) => (view.versionAt(indexOf[position]!) as ProductVersion).facets);
    const scores = found.scores.subarray(start, start + STRETCH);
    for (const at of pickDiverse(facets, scores, wanted - start, settings.diversity)) order.push(start + at);
  }
  return order;
}

/** Places are given out from the front: to a pin, else by the promoted share, else to the next organic product. */
function mergePlaces(
  organic: readonly Place[],
  pins: ReadonlyMap<number, Place>,
  promoted: readonly Place[],
  share: number,
  needed: number,
): readonly Place[] {
  if (pins.size === 0 && promoted.length === 0) return organic;
  const places: Place[] = [];
  const taken = new Set<number>();
  const sources = { organic: organic[Symbol.iterator](), promoted: promoted[Symbol.iterator]() };
  const take = (source: 'organic' | 'promoted'): Place | undefined => {
    for (let next = sources[source].next(); !next.done; next = sources[source].next())
      if (!taken.has(next.value.index)) return next.value;
    return undefined;
  };
  for (let rank = 0; rank < needed; rank++) {
    const isPromotedPlace = Math.floor((rank + 1) * share + 1e-9) > Math.floor(rank * share + 1e-9);
    const place = pins.get(rank) ?? (isPromotedPlace ? take('promoted') : undefined) ?? take('organic');
    if (!place) break;
    taken.add(place.index);
    places.push(place);
  }
  // A pin behind the end of a short list closes it.
  for (const [position, pin] of [...pins].sort(([left], [right]) => left - right))
    if (position >= places.length && places.length < needed && !taken.has(pin.index)) places.push(pin);
  return places;
}
