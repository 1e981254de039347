import { ContentWeights } from '../models/content-weights.ts';
import type { FactorWeights } from '../models/item-factors.ts';
import type { SparseMatrix } from '../sparse-matrix.ts';

/** Items, the most popular, at which the sizes of the two kinds of weights are compared. */
const COMPARED_ITEMS = 128;
/** Power of a product's popularity that its content counts with. */
const POPULARITY_EXPONENT = 0.75;
/** Dimensions of taste over the noise at which content counts half of what it does without any. */
const HALF_DIMENSIONS = 6;

export interface BlendInput {
  readonly factors: FactorWeights;
  readonly features: SparseMatrix;
  readonly popularity: Float64Array;
  /** Multiplied to each target's content, as to its factors. Shape [itemCount]. */
  readonly scales: Float64Array;
  /** Size of the content's weights against the factors' where no taste was told from noise, as root mean squares. */
  readonly contentWeight: number;
  readonly personalDimensions: number;
}

/**
 * Content beside what was learned: the fewer dimensions of taste stand over the noise, the more it says. With none, as in a
 * small shop, content and popularity are the model. Chosen on demo shops of other seeds and several sizes.
 */
export function blendContent(input: BlendInput): ContentWeights {
  const { factors, features, popularity, scales, contentWeight, personalDimensions } = input;
  const { itemCount, rank, sources, targets } = factors;
  const own = Float32Array.from(scales, (scale, item) => scale * popularity[item]! ** POPULARITY_EXPONENT);
  const unscaled = new ContentWeights(features, own);
  const compared = Int32Array.from(popularity.keys())
    .sort((left, right) => popularity[right]! - popularity[left]! || left - right)
    .subarray(0, COMPARED_ITEMS);
  const row = new Float32Array(itemCount);
  let learned = 0;
  let content = 0;
  for (const source of compared) {
    row.fill(0);
    unscaled.clear();
    unscaled.addSource(source, 1);
    unscaled.addScores(row);
    for (let target = 0; target < itemCount; target++) {
      if (target === source) continue;
      let weight = 0;
      for (let k = 0; k < rank; k++) weight += sources[source * rank + k]! * targets[target * rank + k]!;
      learned += weight * weight;
      content += row[target]! ** 2;
    }
  }
  // Where nothing was learned, content alone orders the items, whatever its size.
  const ratio = content > 0 ? (learned > 0 ? Math.sqrt(learned / content) : 1) : 0;
  const size = (contentWeight * ratio) / (1 + personalDimensions / HALF_DIMENSIONS);
  return new ContentWeights(
    features,
    own.map((scale) => scale * size),
  );
}
