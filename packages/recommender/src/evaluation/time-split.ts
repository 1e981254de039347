import type { Interactions } from '../interactions.ts';
import { PURCHASE, SECONDS_PER_DAY } from '../user-items.ts';
import { type EvaluatedUser, type EvaluationSplit, sliceHistory, truncateUsers } from './split.ts';

export interface TimeSplitOptions {
  /** The last window is the test, the one before it validation. */
  readonly target: 'test' | 'validation';
  readonly heldOutDays: number;
}

/** Interactions as they became known. */
export interface InteractionLog {
  /** Of the newest row, seconds since 1970. */
  readonly newest: number;
  /**
   * The rows before a moment, users and items numbered alike at every moment.
   * @param moment seconds since 1970; what happened from then on, a return of what was bought before too, is not yet known
   */
  before(moment: number): Interactions;
}

/** A log of rows that nothing later changes. */
export function logOf(interactions: Interactions): InteractionLog {
  return {
    newest: interactions.time.reduce((left, right) => Math.max(left, right), 0),
    before: (moment) => truncateUsers(interactions, (user) => firstRowFrom(interactions, user, moment)),
  };
}

/**
 * Everything known before a moment is fitted on; asked for are the products a customer first bought in the window after it.
 * Who was not known before, or bought nothing new in the window, is not asked about. What was bought before is not
 * recommended, and so cannot be a target.
 */
export function splitByTime(log: InteractionLog, { target, heldOutDays }: TimeSplitOptions): EvaluationSplit {
  const window = heldOutDays * SECONDS_PER_DAY;
  const end = target === 'test' ? log.newest + 1 : log.newest + 1 - window;
  const start = end - window;
  const training = log.before(start);
  const whole = log.before(end);
  const users: EvaluatedUser[] = [];
  for (let user = 0; user < training.userCount; user++) {
    const historyEnd = training.userPtr[user + 1]!;
    const history = sliceHistory(training, training.userPtr[user]!, historyEnd);
    const bought = distinctPurchases(training, training.userPtr[user]!, historyEnd);
    const targets = distinctPurchases(whole, firstRowFrom(whole, user, start), whole.userPtr[user + 1]!);
    for (const item of bought) targets.delete(item);
    if (history.itemIdx.length === 0 || targets.size === 0) continue;
    users.push({ history, excluded: Int32Array.from(bought), targets: Int32Array.from(targets) });
  }
  return {
    protocol: `by time, ${target}, ${heldOutDays} days held out, fitted on all before, products new to the customer`,
    training,
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
