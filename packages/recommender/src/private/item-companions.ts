import type { Companions } from '../companions.ts';
import { scaleToOne } from '../interest.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { instantiateKernels } from '../kernels/kernels.ts';
import { FACTOR_MULTIPLE } from '../models/item-factors.ts';
import { Pacer, stageOf } from '../pacing.ts';
import type { Neighbours } from '../recommender.ts';
import { TopSelector } from '../top-selector.ts';
import type { TrainingContext } from '../trainer.ts';
import type { PopularityEstimate } from './popularity-estimate.ts';

const NEIGHBOUR_WIDTH = 50;

/** The denoised co-occurrence of all items: vectors diag(eigenvalues) vectors'. */
export interface ItemSpectrum {
  readonly itemCount: number;
  /** Descending. Shape [rank]. */
  readonly eigenvalues: Float64Array;
  /** Shape [itemCount x rank]. */
  readonly vectors: Float64Array;
}

/**
 * What the placements that are not personal show, from releases alone. Related products are those of a like place in the
 * co-occurrence, popularity apart (the cosine of their rows of it). Bought together are those that occur most often with a
 * product for how popular they are, of other categories than its own: the statistic knows no baskets, and what is of one
 * category is instead of it, not with it.
 * @param categories number of each item's category, -1 for none
 * @throws TrainingCancelled
 */
export async function derivePrivateCompanions(
  spectrum: ItemSpectrum,
  { popularity, trend, rise }: PopularityEstimate,
  categories: Int32Array,
  context: TrainingContext,
): Promise<Companions> {
  const tastes = rowsOf(spectrum, 1);
  const occurrences = rowsOf(spectrum, 0);
  const related = await findNeighbours(
    { itemCount: spectrum.itemCount, sources: toUnitRows(tastes), targets: toUnitRows(tastes) },
    () => true,
    new Pacer(stageOf(context, 0, 0.5), 'Related products'),
  );
  const boughtTogether = await findNeighbours(
    {
      itemCount: spectrum.itemCount,
      sources: occurrences,
      targets: scaleRows(occurrences, (item) => 1 / Math.sqrt(popularity[item]!)),
    },
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

interface ItemRows {
  /** A multiple of 8. */
  readonly rank: number;
  /** Shape [itemCount x rank]. */
  readonly values: Float32Array;
}

/** Rows whose products are the co-occurrence, without the first `leftOut` dimensions: popularity is the greatest. */
function rowsOf({ itemCount, eigenvalues, vectors }: ItemSpectrum, leftOut: number): ItemRows {
  const own = eigenvalues.length;
  const rank = Math.max(FACTOR_MULTIPLE, Math.ceil(own / FACTOR_MULTIPLE) * FACTOR_MULTIPLE);
  const values = new Float32Array(itemCount * rank);
  for (let item = 0; item < itemCount; item++) {
    for (let k = leftOut; k < own; k++) values[item * rank + k] = vectors[item * own + k]! * Math.sqrt(eigenvalues[k]!);
  }
  return { rank, values };
}

function scaleRows({ rank, values }: ItemRows, scaleOf: (item: number, start: number) => number): ItemRows {
  const scaled = values.slice();
  for (let start = 0, item = 0; start < scaled.length; start += rank, item++) {
    const scale = scaleOf(item, start);
    for (let at = start; at < start + rank; at++) scaled[at] = scaled[at]! * scale;
  }
  return { rank, values: scaled };
}

/** Rows of norm 1, or zeros where there is nothing. */
function toUnitRows(rows: ItemRows): ItemRows {
  return scaleRows(rows, (_, start) => {
    let squares = 0;
    for (let at = start; at < start + rows.rank; at++) squares += rows.values[at]! ** 2;
    return squares > 0 ? 1 / Math.sqrt(squares) : 0;
  });
}

/** Each item's others with the greatest positive products, as shares of the greatest of all. */
async function findNeighbours(
  {
    itemCount,
    sources,
    targets,
  }: { readonly itemCount: number; readonly sources: ItemRows; readonly targets: ItemRows },
  isWanted: (item: number, other: number) => boolean,
  pacer: Pacer,
): Promise<Neighbours> {
  const memory = new KernelMemory();
  const kernels = instantiateKernels(memory);
  const rows = memory.copyFloat32(targets.values);
  const query = memory.allocateFloat32(sources.rank);
  const products = memory.allocateFloat32(itemCount);
  const width = Math.min(NEIGHBOUR_WIDTH, Math.max(0, itemCount - 1));
  const selector = new TopSelector(width);
  const ptr = new Int32Array(itemCount + 1);
  const items = new Int32Array(itemCount * width);
  const scores = new Float32Array(itemCount * width);
  let greatest = 0;
  for (let item = 0; item < itemCount; item++) {
    query.set(sources.values.subarray(item * sources.rank, (item + 1) * sources.rank));
    kernels.scoreRows(0, itemCount, 0, query.byteOffset, rows.byteOffset, sources.rank, products.byteOffset);
    for (let other = 0; other < itemCount; other++) {
      const product = products[other]!;
      if (product > 0 && product > selector.threshold && other !== item && isWanted(item, other))
        selector.offer(other, product);
    }
    const start = ptr[item]!;
    ptr[item + 1] = start + selector.drain(items, scores, start);
    if (ptr[item + 1]! > start) greatest = Math.max(greatest, scores[start]!);
    if (pacer.isDue(itemCount * 8)) await pacer.pause(item / itemCount);
  }
  const count = ptr[itemCount]!;
  const shares = scores.subarray(0, count).map((score) => Math.min(1, score / greatest));
  return { itemCount, ptr, items: items.slice(0, count), scores: shares };
}
