import type { Interactions } from '../interactions.ts';
import { type EvaluatedUser, type EvaluationSplit, sliceHistory, truncateUsers } from './split.ts';

export interface LeaveOneOutOptions {
  /** Which held-out item is asked for: a user's last is the test, the one before it validation. */
  readonly target: 'test' | 'validation';
  /** Fit on everything before the target: for the test, the validation item too. */
  readonly isRefitted: boolean;
}

/**
 * The protocol of the sequential papers (Kang and McAuley, ICDM 2018): of each user's rows the last is the test and the one
 * before it validation; the model is fitted on the others and asked with everything before the target as history. Users
 * with fewer than three rows are fitted on and not asked about.
 */
export function splitLeaveOneOut(interactions: Interactions, options: LeaveOneOutOptions): EvaluationSplit {
  const { userCount, userPtr, itemIdx, time } = interactions;
  const heldOut = options.target === 'test' ? 1 : 2;
  const isRefitted = options.isRefitted || options.target === 'validation';
  const isAsked = (user: number) => userPtr[user + 1]! - userPtr[user]! >= 3;
  const users: EvaluatedUser[] = [];
  let now = 0;
  for (let user = 0; user < userCount; user++) {
    if (!isAsked(user)) continue;
    const target = userPtr[user + 1]! - heldOut;
    const history = sliceHistory(interactions, userPtr[user]!, target);
    const isRepeat = history.itemIdx.includes(itemIdx[target]!);
    users.push({
      history,
      excluded: history.itemIdx,
      targets: isRepeat ? new Int32Array(0) : itemIdx.subarray(target, target + 1),
    });
    now = Math.max(now, time[target]!);
  }
  const fittedOut = isRefitted ? heldOut : 2;
  return {
    protocol: `leave-one-out, ${options.target}, ${describeFit(options)}`,
    training: truncateUsers(interactions, (user) => userPtr[user + 1]! - (isAsked(user) ? fittedOut : 0)),
    now,
    users,
  };
}

function describeFit({ target, isRefitted }: LeaveOneOutOptions): string {
  return isRefitted && target === 'test' ? 'refitted on train + validation' : 'trained on train only';
}
