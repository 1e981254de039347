import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { collectInteractions, type InteractionRow, splitLeaveOneOut } from '@sotto/recommender/evaluation';
import { AppError } from '@sotto/shop';
import type { Dataset } from './dataset.ts';

/** The file tells an order and no time: seconds of one day keep the order, and nothing decays by them. */
const FIRST_SECOND = 1_400_000_000;

/**
 * Reads the benchmark's sequence file, a line a user: `user item item …`, oldest first.
 * @param path Beauty.txt or the folder that it is in
 * @throws AppError BAD_INPUT naming the line that is no sequence
 */
export async function openAmazonBeauty(path: string): Promise<Dataset> {
  const file = (await stat(path)).isDirectory() ? join(path, 'Beauty.txt') : path;
  const itemOfId = new Map<string, number>();
  const rows: InteractionRow[] = [];
  let user = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const [, ...ids] = line.trim().split(/\s+/);
    if (ids.length === 0 || !/^[\d\s]+$/.test(line)) {
      throw new AppError('BAD_INPUT', `Line ${user + 1} of ${file} is not "user item item …" in numbers.`);
    }
    for (const [position, id] of ids.entries()) {
      let item = itemOfId.get(id);
      if (item === undefined) itemOfId.set(id, (item = itemOfId.size));
      rows.push({ user, item, kind: 'PURCHASE', time: FIRST_SECOND + position });
    }
    user++;
  }
  const interactions = collectInteractions(rows, itemOfId.size);
  return {
    name: 'amazon-beauty',
    interactions,
    cutoffs: [5, 10],
    objective: 'ndcg@10',
    columns: ['hr@5', 'ndcg@5', 'hr@10', 'ndcg@10', 'coverage@10', 'novelty@10'],
    split: (target, isRefitted) => splitLeaveOneOut(interactions, { target, isRefitted }),
  };
}
