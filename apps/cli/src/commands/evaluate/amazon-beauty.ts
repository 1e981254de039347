import { splitLeaveOneOut } from '@sotto/recommender/evaluation';
import { amazonBeauty } from '@sotto/shop';
import type { Dataset } from './dataset.ts';
import { readImported } from './imported.ts';

/**
 * The benchmark's sequences.
 * @param path Beauty.txt or the folder that it is in
 * @throws AppError BAD_INPUT
 */
export async function openAmazonBeauty(path: string): Promise<Dataset> {
  const interactions = (await readImported(amazonBeauty, path)).before(Number.POSITIVE_INFINITY);
  return {
    name: 'amazon-beauty',
    cutoffs: [5, 10],
    objective: 'ndcg@10',
    columns: ['hr@5', 'ndcg@5', 'hr@10', 'ndcg@10', 'coverage@10', 'novelty@10'],
    split: (target, isRefitted) => splitLeaveOneOut(interactions, { target, isRefitted }),
  };
}
