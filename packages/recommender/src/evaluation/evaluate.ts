import { createPermutation, createRandom } from '../random.ts';
import type { Recommender } from '../recommender.ts';
import { TopSelector } from '../top-selector.ts';
import { computeSurprise, MetricSums } from './metrics.ts';
import type { EvaluationSplit } from './split.ts';

/** What of a model is evaluated. */
export type Scorer = Pick<Recommender, 'scoreItems'>;

export interface EvaluationOptions {
  /** Lengths of the list that are measured. */
  readonly cutoffs: readonly number[];
  /** Of the order among equal scores. */
  readonly seed: number;
}

/**
 * Ranks the whole catalogue for every user of the split, what is excluded left out, equal scores in random order: ids often
 * follow popularity or first appearance, so an order by id would give a model hits that it did not earn.
 * @returns averages over all users, named `ndcg@10` and the like
 * @throws RangeError if the model gives a score that is not a number
 */
export function evaluateRecommender(
  scorer: Scorer,
  split: EvaluationSplit,
  options: EvaluationOptions,
): Record<string, number> {
  const { itemCount } = split.training;
  const random = createRandom(options.seed);
  const tieOrder = createPermutation(itemCount, random);
  const surprise = computeSurprise(split.training);
  const sums = options.cutoffs.map((cutoff) => new MetricSums(cutoff, surprise));
  const selector = new TopSelector(Math.min(itemCount, Math.max(...options.cutoffs)));
  const ranked = new Int32Array(selector.capacity);
  const scores = new Float32Array(itemCount);
  const excludedFor = new Int32Array(itemCount).fill(-1);
  for (const [user, { history, excluded, targets }] of split.users.entries()) {
    scorer.scoreItems(history, scores);
    for (const item of excluded) excludedFor[item] = user;
    const shift = Math.floor(random() * itemCount);
    for (let item = 0; item < itemCount; item++) {
      const score = scores[item]!;
      if (score < selector.threshold || excludedFor[item] === user) continue;
      if (Number.isNaN(score)) throw new RangeError(`The score of item ${item} is not a number.`);
      const turned = item + shift;
      selector.offer(item, score, tieOrder[turned < itemCount ? turned : turned - itemCount]!);
    }
    const list = ranked.subarray(0, selector.drain(ranked));
    for (const sum of sums) sum.add(list, targets);
  }
  return Object.assign({}, ...sums.map((sum) => sum.averages()));
}
