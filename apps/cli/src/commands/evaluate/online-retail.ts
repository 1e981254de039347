import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyContent, splitByTime } from '@sotto/recommender/evaluation';
import { onlineRetail } from '@sotto/shop';
import type { Dataset } from './dataset.ts';
import { readImported } from './imported.ts';

const HELD_OUT_DAYS = 30;

/**
 * UCI Online Retail, at each moment netted as an import at that moment would have.
 * @param path the file, plain or gz, or the folder with online-retail.csv.gz
 * @throws AppError BAD_INPUT
 */
export async function openOnlineRetail(path: string): Promise<Dataset> {
  const isFolder = await stat(path).then(
    (info) => info.isDirectory(),
    // Opening it says better what is wrong.
    () => false,
  );
  const log = await readImported(onlineRetail, isFolder ? join(path, 'online-retail.csv.gz') : path);
  return {
    name: 'online-retail',
    cutoffs: [20],
    objective: 'ndcg@20',
    columns: ['recall@20', 'ndcg@20', 'coverage@20', 'novelty@20'],
    catalogue: {
      ...emptyContent(log.products.length),
      prices: log.products.map(({ price }) => price),
      titles: log.products.map(({ title }) => title),
    },
    split: (target) => splitByTime(log, { target, heldOutDays: HELD_OUT_DAYS }),
  };
}
