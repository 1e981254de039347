import type { History, Interactions } from '../interactions.ts';

/** What a model is fitted on, and whom it is then asked about. */
export interface EvaluationSplit {
  /** One line for the report. */
  readonly protocol: string;
  readonly training: Interactions;
  /** Seconds since 1970: the moment the questions are asked. */
  readonly now: number;
  readonly users: readonly EvaluatedUser[];
}

export interface EvaluatedUser {
  readonly history: History;
  /** Items that are not to be recommended. */
  readonly excluded: Int32Array;
  /** The items that came next: distinct, none excluded. */
  readonly targets: Int32Array;
}

/** The rows start..end of interactions as one user's history. */
export function sliceHistory(interactions: Interactions, start: number, end: number): History {
  return {
    itemIdx: interactions.itemIdx.subarray(start, end),
    kind: interactions.kind.subarray(start, end),
    time: interactions.time.subarray(start, end),
  };
}

/** For each user the first rows, as far as `endOf` says. */
export function truncateUsers(interactions: Interactions, endOf: (user: number) => number): Interactions {
  const { userCount, itemCount, userPtr } = interactions;
  const kept = new Int32Array(userCount + 1);
  for (let user = 0; user < userCount; user++) kept[user + 1] = kept[user]! + endOf(user) - userPtr[user]!;
  const itemIdx = new Int32Array(kept[userCount]!);
  const kind = new Uint8Array(kept[userCount]!);
  const time = new Uint32Array(kept[userCount]!);
  for (let user = 0; user < userCount; user++) {
    const rows = sliceHistory(interactions, userPtr[user]!, endOf(user));
    itemIdx.set(rows.itemIdx, kept[user]!);
    kind.set(rows.kind, kept[user]!);
    time.set(rows.time, kept[user]!);
  }
  return { userCount, itemCount, userPtr: kept, itemIdx, kind, time };
}
