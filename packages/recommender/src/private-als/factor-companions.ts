import type { Companions } from '../companions.ts';
import { scaleToOne } from '../interest.ts';
import { ItemIndex } from '../kernels/item-index.ts';
import { Pacer, stageOf } from '../pacing.ts';
import type { PopularityEstimate } from '../private/popularity-estimate.ts';
import type { Neighbours } from '../recommender.ts';
import type { TrainingContext } from '../trainer.ts';

const WIDTH = 50;

/** Released item factors as a model serves them. */
export interface ServedFactors {
  readonly rank: number;
  /** The first column is popularity, the others are taste. Shape [itemCount x rank]. */
  readonly factors: Float32Array;
}

/**
 * What the placements that are not personal show, from released factors alone. Related are products of the same taste,
 * bought together those that a customer of the one would most be offered: factors know no baskets. Popularity and trends are
 * made of released interest as they are of a statistic's.
 * @throws TrainingCancelled
 */
export async function deriveCompanions(
  served: ServedFactors,
  { popularity, trend, rise }: PopularityEstimate,
  context: TrainingContext,
): Promise<Companions> {
  const related = await findNearest(
    normalizeRows(served, 1),
    served.rank,
    new Pacer(stageOf(context, 0, 0.5), 'Related products'),
  );
  const boughtTogether = await findNearest(
    served.factors,
    served.rank,
    new Pacer(stageOf(context, 0.5, 1), 'Products bought together'),
  );
  return {
    popularity: scaleToOne(popularity.map((value, item) => value * trend[item]!)),
    trending: scaleToOne(rise.map((value) => Math.max(0, value))),
    related,
    boughtTogether,
  };
}

/** Rows without their first columns, of norm 1 or zero. */
function normalizeRows({ factors, rank }: ServedFactors, leftOut: number): Float32Array {
  const rows = factors.slice();
  for (let start = 0; start < rows.length; start += rank) {
    rows.fill(0, start, start + leftOut);
    let squares = 0;
    for (let at = start; at < start + rank; at++) squares += rows[at]! * rows[at]!;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let at = start; at < start + rank; at++) rows[at] = rows[at]! * scale;
  }
  return rows;
}

/** Each row's others with the greatest positive products, as shares of the greatest product of all. */
async function findNearest(rows: Float32Array, rank: number, pacer: Pacer): Promise<Neighbours> {
  const itemCount = rows.length / rank;
  const width = Math.min(WIDTH, Math.max(0, itemCount - 1));
  const index = new ItemIndex(rows, rank, width + 1);
  const ptr = new Int32Array(itemCount + 1);
  const items = new Int32Array(itemCount * width);
  const scores = new Float32Array(itemCount * width);
  let greatest = 0;
  for (let item = 0; item < itemCount; item++) {
    const found = index.search(rows.subarray(item * rank, (item + 1) * rank), width + 1);
    let end = ptr[item]!;
    for (let place = 0; place < found.items.length && end < ptr[item]! + width; place++) {
      if (found.items[place] === item || !(found.scores[place]! > 0)) continue;
      items[end] = found.items[place]!;
      scores[end] = found.scores[place]!;
      greatest = Math.max(greatest, scores[end]!);
      end++;
    }
    ptr[item + 1] = end;
    if (pacer.isDue(rows.length)) await pacer.pause(item / itemCount);
  }
  const count = ptr[itemCount]!;
  const shares = scores.subarray(0, count).map((score) => Math.min(1, score / greatest));
  return { itemCount, ptr, items: items.slice(0, count), scores: shares };
}
