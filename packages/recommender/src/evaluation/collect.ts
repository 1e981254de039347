import { INTERACTION_KINDS, type InteractionKind, type Interactions } from '../interactions.ts';

/** One interaction, in any order. */
export interface InteractionRow {
  readonly user: number;
  readonly item: number;
  readonly kind: InteractionKind;
  /** Seconds since 1970. */
  readonly time: number;
}

/**
 * Orders rows by user and time; rows of the same time stay as they came.
 * @param itemCount more than every item
 */
export function collectInteractions(rows: Iterable<InteractionRow>, itemCount: number): Interactions {
  const users: number[] = [];
  const items: number[] = [];
  const kinds: number[] = [];
  const times: number[] = [];
  let userCount = 0;
  for (const { user, item, kind, time } of rows) {
    users.push(user);
    items.push(item);
    kinds.push(INTERACTION_KINDS.indexOf(kind));
    times.push(time);
    userCount = Math.max(userCount, user + 1);
  }
  const order = Uint32Array.from(users.keys()).sort(
    (left, right) => users[left]! - users[right]! || times[left]! - times[right]! || left - right,
  );
  const userPtr = new Int32Array(userCount + 1);
  for (const user of users) userPtr[user + 1]! += 1;
  for (let user = 0; user < userCount; user++) userPtr[user + 1]! += userPtr[user]!;
  return {
    userCount,
    itemCount,
    userPtr,
    itemIdx: Int32Array.from(order, (row) => items[row]!),
    kind: Uint8Array.from(order, (row) => kinds[row]!),
    time: Uint32Array.from(order, (row) => times[row]!),
  };
}
