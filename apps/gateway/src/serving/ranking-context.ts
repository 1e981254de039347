import { type History, INTERACTION_KINDS } from '@sotto/recommender/serving';
import type { CatalogueView } from './catalogue.ts';
import type { PlacementSettings } from './placement-settings.ts';
import type { Person } from './read-person.ts';
import type { ScoreSpace } from './score-space.ts';
import type { ProductFilter } from './types.ts';

/** Everything that one list is a function of: own rows, the catalogue of a moment, one model. No clock, no chance. */
export interface RankingContext {
  readonly settings: PlacementSettings;
  readonly filter: ProductFilter;
  readonly view: CatalogueView;
  readonly space: ScoreSpace;
  readonly person: Person;
  /** Catalogue indexes of the products the request speaks of: the page's, the cart's. */
  readonly seeds: readonly number[];
  readonly searchText: string | undefined;
  /** Milliseconds since 1970. */
  readonly asOfMs: number;
  readonly own: OwnHistory;
}

/** Kinds of rows, as the arrays hold them. */
export const VIEW = INTERACTION_KINDS.indexOf('VIEW');
export const PURCHASE = INTERACTION_KINDS.indexOf('PURCHASE');

/** The person's history in the catalogue's and in the model's numbers. */
export interface OwnHistory {
  /** Catalogue index of each row of `person.history`; -1 for a product that is gone. */
  readonly indexes: Int32Array;
  /** What the model reads: a product it does not know is stood for by the item nearest to it. */
  readonly history: History;
  /** Catalogue index of the product behind each row of `history`. */
  readonly historyIndexes: Int32Array;
}

export function readOwnHistory(person: Person, view: CatalogueView, space: ScoreSpace): OwnHistory {
  const { productIds, kinds, times } = person.history;
  const rowCount = productIds.length;
  const indexes = new Int32Array(rowCount);
  const known = {
    itemIdx: new Int32Array(rowCount),
    kind: new Uint8Array(rowCount),
    time: new Uint32Array(rowCount),
    indexes: new Int32Array(rowCount),
  };
  let count = 0;
  for (let row = 0; row < rowCount; row++) {
    const index = view.catalogue.indexOfId(productIds[row]!) ?? -1;
    indexes[row] = index;
    const position = index === -1 ? -1 : space.positionOfIndex(index);
    if (position === -1) continue;
    const item = space.isCold(position) ? space.nearestItem(position) : position;
    if (item === -1) continue;
    known.itemIdx[count] = item;
    known.kind[count] = kinds[row]!;
    known.time[count] = times[row]!;
    known.indexes[count++] = index;
  }
  const history: History = {
    itemIdx: known.itemIdx.subarray(0, count),
    kind: known.kind.subarray(0, count),
    time: known.time.subarray(0, count),
  };
  return { indexes, history, historyIndexes: known.indexes.subarray(0, count) };
}
