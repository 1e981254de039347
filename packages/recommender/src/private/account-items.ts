import type { Interactions } from '../interactions.ts';
import { DISLIKE } from '../user-items.ts';

/** Each account's distinct items: all that a statistic ever sees of it. */
export interface AccountItems {
  readonly accountCount: number;
  readonly itemCount: number;
  /** Where each account's items start. Shape [accountCount + 1]. */
  readonly ptr: Int32Array;
  /** Ascending within an account. */
  readonly items: Int32Array;
}

export interface AccountItemLimits {
  /** The newest distinct items that are kept of an account. */
  readonly maxItems: number;
  /** Seconds since 1970: rows before it are left out. */
  readonly since?: number;
  /** The item's number in the statistic, or -1 where it has none. Shape [itemCount]; absent: all items as they are. */
  readonly places?: Int32Array;
  /** How many numbers there are. */
  readonly placeCount?: number;
}

/**
 * Bounds contributions: the newest distinct items of each account, whatever the kind of interaction, those left out that
 * it disliked since. What is kept of an account follows from its own rows alone, and a row more or less of another
 * account changes nothing here.
 */
export function boundAccountItems(interactions: Interactions, limits: AccountItemLimits): AccountItems {
  const { userCount, itemCount, userPtr, itemIdx, kind, time } = interactions;
  const { maxItems, since = 0, places, placeCount = itemCount } = limits;
  const ptr = new Int32Array(userCount + 1);
  const items = new Int32Array(itemIdx.length);
  const seenBy = new Int32Array(placeCount).fill(-1);
  let end = 0;
  for (let user = 0; user < userCount; user++) {
    const start = end;
    for (let row = userPtr[user + 1]! - 1; row >= userPtr[user]! && end - start < maxItems; row--) {
      if (time[row]! < since) continue;
      const place = places === undefined ? itemIdx[row]! : places[itemIdx[row]!]!;
      if (place < 0 || seenBy[place] === user) continue;
      seenBy[place] = user;
      if (kind[row] !== DISLIKE) items[end++] = place;
    }
    items.subarray(start, end).sort();
    ptr[user + 1] = end;
  }
  return { accountCount: userCount, itemCount: placeCount, ptr, items: share(items.subarray(0, end)) };
}

/** The accounts of each item, ascending: `ptr` is of shape [itemCount + 1]. */
export function invertAccountItems({ accountCount, itemCount, ptr, items }: AccountItems): {
  readonly ptr: Int32Array;
  readonly accounts: Int32Array;
} {
  const itemPtr = new Int32Array(itemCount + 1);
  for (const item of items) itemPtr[item + 1]! += 1;
  for (let item = 0; item < itemCount; item++) itemPtr[item + 1]! += itemPtr[item]!;
  const next = itemPtr.slice(0, itemCount);
  const accounts = share(new Int32Array(items.length));
  for (let account = 0; account < accountCount; account++) {
    for (let slot = ptr[account]!; slot < ptr[account + 1]!; slot++) accounts[next[items[slot]!]!++] = account;
  }
  return { ptr: itemPtr, accounts };
}

/** A copy that threads read where it stands. */
function share(values: Int32Array): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}
