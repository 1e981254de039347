import { INTERACTION_KINDS, type InteractionKind, type Interactions } from './interactions.ts';
import type { SparseMatrix } from './sparse-matrix.ts';

/**
 * How much an interaction says about taste, a purchase being 1. A dislike takes back what the user said of the item
 * before.
 */
const WEIGHT_BY_KIND: Readonly<Record<InteractionKind, number>> = {
  VIEW: 0.3,
  CART: 0.6,
  PURCHASE: 1,
  RATING: 1,
  LIKE: 1,
  DISLIKE: 0,
};

/** The weights by index of INTERACTION_KINDS. */
export const KIND_WEIGHTS: Float32Array = Float32Array.from(INTERACTION_KINDS, (kind) => WEIGHT_BY_KIND[kind]);
export const PURCHASE: number = INTERACTION_KINDS.indexOf('PURCHASE');
export const DISLIKE: number = INTERACTION_KINDS.indexOf('DISLIKE');

export const SECONDS_PER_DAY = 86_400;
/** Co-occurrence costs the square of a user's items, and an account with more is a reseller or a crawler. */
export const MAX_ITEMS_PER_USER = 500;

/** How interactions lose weight with age. */
export interface Ageing {
  /** Seconds since 1970. */
  readonly now: number;
  /** Days after which an interaction counts half. */
  readonly halfLifeDays: number;
}

/**
 * Each user's distinct items, the newest first, with the strongest row's weight. Repeats count once, so nobody's
 * refreshing of a page makes a taste.
 * @param maxItems the newest distinct items that are kept of a user
 * @param ageing absent: rows weigh the same whatever their age
 */
export function collectUserItems(interactions: Interactions, maxItems: number, ageing?: Ageing): SparseMatrix {
  const { userCount, itemCount, userPtr, itemIdx, kind, time } = interactions;
  const rowPtr = new Int32Array(userCount + 1);
  const columnIdx = new Int32Array(itemIdx.length);
  const values = new Float32Array(itemIdx.length);
  const slotOfItem = new Int32Array(itemCount);
  const seenBy = new Int32Array(itemCount).fill(-1);
  const isLeftOut = new Uint8Array(itemCount);
  let end = 0;
  for (let user = 0; user < userCount; user++) {
    const start = end;
    for (let row = userPtr[user + 1]! - 1; row >= userPtr[user]!; row--) {
      const item = itemIdx[row]!;
      const rowKind = kind[row]!;
      if (seenBy[item] !== user) {
        seenBy[item] = user;
        isLeftOut[item] = rowKind === DISLIKE || end - start >= maxItems ? 1 : 0;
        if (isLeftOut[item] === 1) continue;
        slotOfItem[item] = end;
        columnIdx[end] = item;
        values[end] = KIND_WEIGHTS[rowKind]! * weighAge(time[row]!, ageing);
        end++;
      } else if (isLeftOut[item] === 0) {
        const slot = slotOfItem[item]!;
        values[slot] = Math.max(values[slot]!, KIND_WEIGHTS[rowKind]! * weighAge(time[row]!, ageing));
      }
    }
    rowPtr[user + 1] = end;
  }
  return {
    rowCount: userCount,
    columnCount: itemCount,
    rowPtr,
    columnIdx: columnIdx.slice(0, end),
    values: values.slice(0, end),
  };
}

/** @param time seconds since 1970; what lies after now counts as of now */
export function weighAge(time: number, ageing: Ageing | undefined): number {
  if (ageing === undefined) return 1;
  return 2 ** (-Math.max(0, ageing.now - time) / (ageing.halfLifeDays * SECONDS_PER_DAY));
}
