import type { Interactions } from '../interactions.ts';
import { PURCHASE, SECONDS_PER_DAY } from '../user-items.ts';
import { type EvaluatedUser, type EvaluationSplit, sliceHistory, truncateUsers } from './split.ts';

export interface TimeSplitOptions {
  /** The last window is the test, the one before it validation. */
  readonly target: 'test' | 'validation';
  readonly heldOutDays: number;
}

/**
 * Everything before a moment is fitted on; asked for are the products a customer first bought in the window after it. Who
 * was not known before, or bought nothing new in the window, is not asked about. What was bought before is not
 * recommended, and so cannot be a target.
 */
export function splitByTime(interactions: Interactions, { target, heldOutDays }: TimeSplitOptions): EvaluationSplit {
  const { userCount, userPtr, time } = interactions;
  const newest = time.reduce((left, right) => Math.max(left, right), 0);
  const window = heldOutDays * SECONDS_PER_DAY;
  const end = target === 'test' ? newest + 1 : newest + 1 - window;
  const start = end - window;
  const startRow = Int32Array.from({ length: userCount }, (_, user) => firstRowFrom(interactions, user, start));
  const users: EvaluatedUser[] = [];
  for (let user = 0; user < userCount; user++) {
    const history = sliceHistory(interactions, userPtr[user]!, startRow[user]!);
    const bought = distinctPurchases(interactions, userPtr[user]!, startRow[user]!);
    const targets = distinctPurchases(interactions, startRow[user]!, firstRowFrom(interactions, user, end));
    for (const item of bought) targets.delete(item);
    if (history.itemIdx.length === 0 || targets.size === 0) continue;
    users.push({ history, excluded: Int32Array.from(bought), targets: Int32Array.from(targets) });
  }
  return {
    protocol: `by time, ${target}, ${heldOutDays} days held out, fitted on all before, products new to the customer`,
    training: truncateUsers(interactions, (user) => startRow[user]!),
    now: start,
    users,
  };
}

function firstRowFrom({ userPtr, time }: Interactions, user: number, moment: number): number {
  let row = userPtr[user]!;
  while (row < userPtr[user + 1]! && time[row]! < moment) row++;
  return row;
}

function distinctPurchases({ itemIdx, kind }: Interactions, start: number, end: number): Set<number> {
  const items = new Set<number>();
  for (let row = start; row < end; row++) if (kind[row] === PURCHASE) items.add(itemIdx[row]!);
  return items;
}
