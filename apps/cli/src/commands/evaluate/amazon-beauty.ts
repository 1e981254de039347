import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { emptyContent, splitLeaveOneOut } from '@sotto/recommender/evaluation';
import { amazonBeauty } from '@sotto/shop';
import type { Dataset } from './dataset.ts';
import { readImported } from './imported.ts';

/**
 * The benchmark's sequences.
 * @param path Beauty.txt or the folder that it is in
 * @throws AppError BAD_INPUT
 */
export async function openAmazonBeauty(path: string): Promise<Dataset> {
  const log = await readImported(amazonBeauty, path);
  const interactions = log.before(Number.POSITIVE_INFINITY);
  const attributes = await readAttributes(path);
  return {
    name: 'amazon-beauty',
    cutoffs: [5, 10],
    objective: 'ndcg@10',
    columns: ['hr@5', 'ndcg@5', 'hr@10', 'ndcg@10', 'coverage@10', 'novelty@10'],
    catalogue: {
      ...emptyContent(log.products.length),
      titles: log.products.map(({ sku }) =>
        (attributes[sku.replace(/^beauty-/, '')] ?? []).map((id) => `attribute${id}`).join(' '),
      ),
    },
    split: (target, isRefitted) => splitLeaveOneOut(interactions, { target, isRefitted }),
  };
}

/** Numbers of what each item is described by, from the file beside the sequences; none where it is missing. */
async function readAttributes(path: string): Promise<Readonly<Record<string, readonly number[]>>> {
  const folder = (await stat(path)).isDirectory() ? path : dirname(path);
  try {
    return JSON.parse(await readFile(join(folder, 'Beauty_item2attributes.json'), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}
