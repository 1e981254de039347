import type { Interactions } from '../interactions.ts';
import { createPermutation, createRandom } from '../random.ts';
import { DISLIKE } from '../user-items.ts';
import { type EvaluatedUser, type EvaluationSplit, sliceHistory, truncateUsers } from './split.ts';

export interface LatestItemOptions {
  /** How many users are asked: a fixed number, so that no figure tells how many there are. */
  readonly sampleSize: number;
  /** At most one user in so many that could be asked is, since the model goes without their latest row. */
  readonly minimumUsersPerSample: number;
  readonly seed: number;
}

/**
 * Keeps back the latest row of a few users, drawn by seed, where it is an item that was new to them and not disliked: a cheap look at a
 * model that is trained on everything else and served.
 * @returns undefined where there are too few users to draw from
 */
export function splitLatestItems(interactions: Interactions, options: LatestItemOptions): EvaluationSplit | undefined {
  const { userCount, userPtr, itemIdx, kind, time } = interactions;
  const candidates: number[] = [];
  for (let user = 0; user < userCount; user++) {
    const target = userPtr[user + 1]! - 1;
    if (target - userPtr[user]! < 2 || kind[target] === DISLIKE) continue;
    if (itemIdx.subarray(userPtr[user]!, target).includes(itemIdx[target]!)) continue;
    candidates.push(user);
  }
  const { sampleSize, minimumUsersPerSample, seed } = options;
  if (candidates.length < sampleSize * minimumUsersPerSample) return undefined;
  const order = createPermutation(candidates.length, createRandom(seed));
  const sample = new Set(Array.from(order.subarray(0, sampleSize), (index) => candidates[index]!));
  const users: EvaluatedUser[] = [];
  let now = 0;
  for (const user of sample) {
    const target = userPtr[user + 1]! - 1;
    const history = sliceHistory(interactions, userPtr[user]!, target);
    users.push({ history, excluded: history.itemIdx, targets: itemIdx.subarray(target, target + 1) });
    now = Math.max(now, time[target]!);
  }
  return {
    protocol: `latest item, new to its user, of ${sampleSize} users`,
    training: truncateUsers(interactions, (user) => userPtr[user + 1]! - (sample.has(user) ? 1 : 0)),
    now,
    users,
  };
}
