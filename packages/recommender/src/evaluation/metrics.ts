import type { Interactions } from '../interactions.ts';

/**
 * Sums of one list length's figures over users; every user counts, those with no hit included.
 *
 * - hr: share of users with a target among the first k
 * - recall: share of a user's targets among the first k
 * - ndcg: sum over hits of 1/log2(rank + 1), against the best possible order (Jarvelin and Kekalainen 2002, binary gain)
 * - coverage: share of the catalogue that anyone was shown
 * - novelty: mean of -log2 of the share of training users with any row of what was shown, counting one more user who has
 *   everything, over all that was shown to anyone (self-information, Zhou et al., PNAS 2010)
 */
export class MetricSums {
  readonly #cutoff: number;
  readonly #surprise: Float64Array;
  readonly #isShown: Uint8Array;
  #users = 0;
  #hits = 0;
  #recall = 0;
  #ndcg = 0;
  #novelty = 0;
  #shown = 0;

  /** @param surprise of each item, see `computeSurprise` */
  constructor(cutoff: number, surprise: Float64Array) {
    this.#cutoff = cutoff;
    this.#surprise = surprise;
    this.#isShown = new Uint8Array(surprise.length);
  }

  /** @param ranked best first, at least as long as the cutoff where the catalogue allows */
  add(ranked: Int32Array, targets: Int32Array): void {
    const length = Math.min(this.#cutoff, ranked.length);
    let hits = 0;
    let gain = 0;
    for (let rank = 0; rank < length; rank++) {
      const item = ranked[rank]!;
      if (targets.includes(item)) {
        hits++;
        gain += 1 / Math.log2(rank + 2);
      }
      this.#isShown[item] = 1;
      this.#novelty += this.#surprise[item]!;
    }
    this.#users++;
    this.#shown += length;
    if (hits === 0) return;
    this.#hits++;
    this.#recall += hits / targets.length;
    this.#ndcg += gain / idealGain(Math.min(this.#cutoff, targets.length));
  }

  /** The averages, named `ndcg@10` and the like; 0 without users. */
  averages(): Record<string, number> {
    const users = Math.max(1, this.#users);
    const shownItems = this.#isShown.reduce((sum, isShown) => sum + isShown, 0);
    return {
      [`hr@${this.#cutoff}`]: this.#hits / users,
      [`ndcg@${this.#cutoff}`]: this.#ndcg / users,
      [`recall@${this.#cutoff}`]: this.#recall / users,
      [`coverage@${this.#cutoff}`]: shownItems / Math.max(1, this.#isShown.length),
      [`novelty@${this.#cutoff}`]: this.#novelty / Math.max(1, this.#shown),
    };
  }
}

function idealGain(targets: number): number {
  let gain = 0;
  for (let rank = 0; rank < targets; rank++) gain += 1 / Math.log2(rank + 2);
  return gain;
}

/** -log2 of the share of users who have each item, one user added so that an item without users has a figure. */
export function computeSurprise({ userCount, itemCount, userPtr, itemIdx }: Interactions): Float64Array {
  const users = new Float64Array(itemCount);
  const lastUser = new Int32Array(itemCount).fill(-1);
  for (let user = 0; user < userCount; user++) {
    for (let row = userPtr[user]!; row < userPtr[user + 1]!; row++) {
      const item = itemIdx[row]!;
      if (lastUser[item] === user) continue;
      lastUser[item] = user;
      users[item]! += 1;
    }
  }
  return users.map((count) => -Math.log2((count + 1) / (userCount + 1)));
}
