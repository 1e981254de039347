import type { Companions } from '../companions.ts';
import { scaleToOne } from '../interest.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { instantiateKernels } from '../kernels/kernels.ts';
import { ContentWeights } from '../models/content-weights.ts';
import { Pacer, stageOf } from '../pacing.ts';
import type { PopularityEstimate } from '../private/popularity-estimate.ts';
import type { Neighbours } from '../recommender.ts';
import type { SparseMatrix } from '../sparse-matrix.ts';
import { TopSelector } from '../top-selector.ts';
import type { TrainingContext } from '../trainer.ts';
import { type MixWeights, scaleMix } from './mix-scores.ts';

const WIDTH = 50;

/** What the placements that are not personal are derived from. */
export interface CompanionSources {
  /** A multiple of 8. */
  readonly rank: number;
  /** As served: the first column is popularity, the others are taste. Shape [itemCount x rank]. */
  readonly factors: Float32Array;
  /** What the catalogue says of the items. Shape [itemCount x features]. */
  readonly features: SparseMatrix;
  /** Content as it is served, the popular first. */
  readonly content: ContentWeights;
  /** Number of each item's category, -1 for none. */
  readonly categories: Int32Array;
  readonly weights: MixWeights;
}

/**
 * What the placements that are not personal show, from released factors and the catalogue, mixed as the personal scores are.
 * Related are products of the same taste and content. Bought together are those of other categories that a customer of the one
 * would most be offered: factors know no baskets, and what is of one category is instead of it, not with it. Popularity and
 * trends are made of released interest as they are of a statistic's.
 * @throws TrainingCancelled
 */
export async function deriveCompanions(
  { rank, factors, features, content, categories, weights }: CompanionSources,
  { popularity, trend, rise }: PopularityEstimate,
  context: TrainingContext,
): Promise<Companions> {
  const alike = new ContentWeights(features, new Float32Array(categories.length).fill(1));
  const related = await findNearest(
    { rank, factors: normalizeRows(factors, rank, 1), content: alike, weights },
    () => true,
    new Pacer(stageOf(context, 0, 0.5), 'Related products'),
  );
  const boughtTogether = await findNearest(
    { rank, factors, content, weights },
    (item, other) => categories[item]! < 0 || categories[item] !== categories[other],
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
function normalizeRows(factors: Float32Array, rank: number, leftOut: number): Float32Array {
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

/** Each item's wanted others with the greatest positive scores, as shares of the greatest score of all. */
async function findNearest(
  { rank, factors, content, weights }: Pick<CompanionSources, 'rank' | 'factors' | 'content' | 'weights'>,
  isWanted: (item: number, other: number) => boolean,
  pacer: Pacer,
): Promise<Neighbours> {
  const itemCount = factors.length / rank;
  const memory = new KernelMemory();
  const kernels = instantiateKernels(memory);
  const rows = memory.copyFloat32(factors);
  const learnedScores = memory.allocateFloat32(itemCount);
  const contentScores = new Float32Array(itemCount);
  const selector = new TopSelector(Math.min(WIDTH, Math.max(0, itemCount - 1)));
  const ptr = new Int32Array(itemCount + 1);
  const items = new Int32Array(itemCount * selector.capacity);
  const scores = new Float32Array(itemCount * selector.capacity);
  let greatest = 0;
  for (let item = 0; item < itemCount; item++) {
    const query = rows.byteOffset + item * rank * Float32Array.BYTES_PER_ELEMENT;
    kernels.scoreRows(0, itemCount, 0, query, rows.byteOffset, rank, learnedScores.byteOffset);
    content.clear();
    content.addSource(item, 1);
    content.addScores(contentScores.fill(0));
    const mix = scaleMix(learnedScores, contentScores, weights);
    for (let other = 0; other < itemCount; other++) {
      const score = mix.learned * learnedScores[other]! + mix.content * contentScores[other]!;
      if (score > 0 && score > selector.threshold && other !== item && isWanted(item, other))
        selector.offer(other, score);
    }
    const start = ptr[item]!;
    ptr[item + 1] = start + selector.drain(items, scores, start);
    if (ptr[item + 1]! > start) greatest = Math.max(greatest, scores[start]!);
    if (pacer.isDue(itemCount * rank)) await pacer.pause(item / itemCount);
  }
  const count = ptr[itemCount]!;
  const shares = scores.subarray(0, count).map((score) => Math.min(1, score / greatest));
  return { itemCount, ptr, items: items.slice(0, count), scores: shares };
}
