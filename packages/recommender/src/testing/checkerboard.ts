import type { History, Interactions } from '../interactions.ts';
import type { TrainingContext } from '../trainer.ts';

export interface Row {
  readonly item: number;
  /** Index in INTERACTION_KINDS; a purchase unless told. */
  readonly kind?: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Rows of each user, oldest first, as compressed interactions. */
export function toInteractions(users: readonly (readonly Row[])[], itemCount: number): Interactions {
  const rows = users.flat();
  const userPtr = new Int32Array(users.length + 1);
  for (const [user, { length }] of users.entries()) userPtr[user + 1] = userPtr[user]! + length;
  return {
    userCount: users.length,
    itemCount,
    userPtr,
    itemIdx: Int32Array.from(rows, (row) => row.item),
    kind: Uint8Array.from(rows, (row) => row.kind ?? 2),
    time: Uint32Array.from(rows, (row) => row.time),
  };
}

/** One user's rows, oldest first, as a history. */
export function toHistory(rows: readonly Row[]): History {
  const { itemIdx, kind, time } = toInteractions([rows], 1);
  return { itemIdx, kind, time };
}

/** An evening in 2024; the fixtures count back from here. */
export const NOW = 1_720_000_000;

/**
 * Even users take even items, odd users odd ones, but each leaves one of its colour out: the item user mod items. A model
 * that learned anything recovers it. The idea of benfred/implicit's suite.
 */
export function createCheckerboard(size: number): Interactions {
  const users = Array.from({ length: size }, (_, user) =>
    Array.from({ length: size / 2 }, (_, index) => 2 * index + (user % 2))
      .filter((item) => item !== user)
      .map((item, index) => ({ item, time: NOW - 3_600 * (size - index) })),
  );
  return toInteractions(users, size);
}

export interface TestContext extends TrainingContext {
  readonly fractions: number[];
  cancel(): void;
}

/** A context of one thread that collects the progress. */
export function createContext(seed = 1): TestContext {
  const cancelFlag = new Int32Array(new SharedArrayBuffer(4));
  const fractions: number[] = [];
  return {
    seed,
    threads: 1,
    cancelFlag,
    fractions,
    onProgress: (fraction) => {
      fractions.push(fraction);
    },
    onPoint: () => undefined,
    cancel: () => {
      Atomics.store(cancelFlag, 0, 1);
    },
  };
}
