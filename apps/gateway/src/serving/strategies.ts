import type { Neighbours } from '@sotto/recommender/serving';
import { MIN_SIMILARITY } from './content-index.ts';
import type { Strategy } from './placement-settings.ts';
import { PURCHASE, type RankingContext, VIEW } from './ranking-context.ts';
import type { ScoreSpace } from './score-space.ts';

/**
 * Writes the scores of one strategy into the space; above zero = candidate.
 * @returns false when there is nothing to go by, and the scores are then meaningless
 */
type ScoreCandidates = (context: RankingContext) => boolean;

/** Clocks of the gateway and the database may differ by so much. */
const CLOCK_SKEW_MS = 60_000;
/** A recommender that does not look at the history has nothing personal to say. */
const IMPERSONAL_ALGORITHMS: ReadonlySet<string> = new Set(['popularity', 'private-popularity']);
/** How far back "buy again" remembers. */
export const BUY_AGAIN_DAYS = 365;

/** Those that read the asker's own rows, and so need consent. */
export const PERSONAL_STRATEGIES: ReadonlySet<Strategy> = new Set(['PERSONAL', 'RECENTLY_VIEWED', 'BUY_AGAIN']);
/** Those that read what the request says of its page. */
export const CONTEXTUAL_STRATEGIES: ReadonlySet<Strategy> = new Set([
  'RELATED',
  'BOUGHT_TOGETHER',
  'SIMILAR_CONTENT',
  'SEARCH',
]);

export const scoreCandidates: Readonly<Record<Strategy, ScoreCandidates>> = {
  PERSONAL({ space, own }) {
    if (!space.active || IMPERSONAL_ALGORITHMS.has(space.active.model.algorithm)) return false;
    if (own.history.itemIdx.length === 0) return false;
    space.active.model.recommender.scoreItems(own.history, space.itemScores);
    space.scoreColdProducts();
    return true;
  },
  RELATED: (context) => scoreNeighbours(context, context.space.active?.model.related),
  BOUGHT_TOGETHER: (context) => scoreNeighbours(context, context.space.active?.model.boughtTogether),
  SIMILAR_CONTENT({ space, view, seeds }) {
    if (seeds.length === 0) return false;
    const similarities = new Float32Array(view.catalogue.size);
    space.scores.fill(0);
    for (const seed of seeds) {
      const version = view.versionAt(seed);
      if (!version) continue;
      similarities.fill(0);
      space.content.addSimilarities(version, 1, similarities);
      for (let index = 0; index < similarities.length; index++) {
        const position = similarities[index]! >= MIN_SIMILARITY ? space.positionOfIndex(index) : -1;
        if (position !== -1) space.scores[position]! += similarities[index]! / seeds.length;
      }
    }
    return true;
  },
  RECENTLY_VIEWED({ space, own, person }) {
    const { kinds } = person.history;
    space.scores.fill(0);
    let rank = 0;
    for (let row = kinds.length - 1; row >= 0; row--) {
      const position = space.positionOfIndex(own.indexes[row]!);
      if (kinds[row] === VIEW && position !== -1 && space.scores[position] === 0) space.scores[position] = 1 / ++rank;
    }
    return rank > 0;
  },
  BUY_AGAIN({ space, view, own, person }) {
    const { productIds } = person.purchases;
    space.scores.fill(0);
    const positions = Array.from(productIds, (id) => space.positionOfIndex(view.catalogue.indexOfId(id) ?? -1));
    // What was bought most often, and of those the latest.
    for (const [rank, position] of positions.entries()) if (position !== -1) space.scores[position] = 1 / (rank + 2);
    for (const [row, index] of own.indexes.entries()) {
      const position = space.positionOfIndex(index);
      if (person.history.kinds[row] === PURCHASE && position !== -1 && space.scores[position]! > 0)
        space.scores[position]! += 1;
    }
    return positions.length > 0;
  },
  TRENDING: ({ space }) => setItemScores(space, space.active?.model.trending),
  POPULAR: ({ space }) => setItemScores(space, space.active?.model.popularity),
  NEW({ space, view, asOfMs }) {
    space.scores.fill(0);
    // By order, not by age: an answer must not change because a second passed.
    for (const [rank, index] of view.catalogue.newest.entries()) {
      const position = space.positionOfIndex(index);
      const freshAtMs = view.versionAt(index)?.freshAtMs ?? Number.POSITIVE_INFINITY;
      if (position !== -1 && freshAtMs <= asOfMs + CLOCK_SKEW_MS) space.scores[position] = 1 / (rank + 1);
    }
    return true;
  },
  SEARCH({ space, view, searchText }) {
    if (searchText === undefined) return false;
    const byIndex = new Float32Array(view.catalogue.size);
    space.content.search(searchText, byIndex);
    space.scores.fill(0);
    for (let index = 0; index < byIndex.length; index++) {
      const position = byIndex[index]! > 0 ? space.positionOfIndex(index) : -1;
      if (position !== -1) space.scores[position] = byIndex[index]!;
    }
    return true;
  },
};

function setItemScores(space: ScoreSpace, scores: Float32Array | undefined): boolean {
  if (!scores) return false;
  space.itemScores.set(scores);
  space.scoreColdProducts();
  return true;
}

function scoreNeighbours({ space, seeds }: RankingContext, neighbours: Neighbours | undefined): boolean {
  if (!neighbours || seeds.length === 0) return false;
  const { itemScores } = space;
  const { ptr, items, scores } = neighbours;
  itemScores.fill(0);
  for (const seed of seeds) {
    const position = space.positionOfIndex(seed);
    if (position === -1) continue;
    space.forEachItem(position, (seedItem, weight) => {
      for (let at = ptr[seedItem]!; at < ptr[seedItem + 1]!; at++)
        itemScores[items[at]!]! += (weight * scores[at]!) / seeds.length;
    });
  }
  space.scoreColdProducts();
  return true;
}
