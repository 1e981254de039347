import type { History } from '../interactions.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { instantiateKernels } from '../kernels/kernels.ts';
import type { KernelExports } from '../kernels/wasm.generated.ts';
import { RecentItems } from '../recent-items.ts';
import type { Recommender } from '../recommender.ts';
import { type EncodedRecommender, ModelFormatError, type SectionReader } from '../section.ts';
import { StrongestRow } from '../strongest-row.ts';
import { ContentWeights } from './content-weights.ts';
import type { HistoryReading } from './item-weights.ts';

/** Kernels read whole blocks of so many factors. */
export const FACTOR_MULTIPLE = 8;

/** How a history is read by a model of item factors. */
export interface FactorReading extends HistoryReading {
  /** Power of an interaction's weight: 0 reads a view like a purchase, 1 by the kinds' weights. */
  readonly kindExponent: number;
}

/** Weights from item to item as a product: weight(i, j) = source row i . target row j, what content says added. */
export interface FactorWeights {
  readonly itemCount: number;
  /** A multiple of 8. */
  readonly rank: number;
  /** Shape [itemCount x rank]. */
  readonly sources: Float32Array;
  /** Shape [itemCount x rank]. */
  readonly targets: Float32Array;
}

/**
 * Scores by weights from item to item that are kept as factors: the history's source rows, summed, times each target row. A
 * matrix of all weights would be items x items. What content says of items is added, from sparse features.
 */
export class ItemFactorsRecommender<Name extends string = string> implements Recommender {
  readonly algorithm: Name;
  readonly itemCount: number;
  /**
   * Dimensions of taste that the training could tell from its noise. Where there are none, the weights are those of the
   * fallback: content and popularity.
   */
  readonly personalDimensions: number;
  readonly #rank: number;
  readonly #reading: FactorReading;
  readonly #recent: RecentItems;
  readonly #kernels: KernelExports;
  readonly #sources: Float32Array;
  readonly #targets: Float32Array;
  readonly #query: Float32Array;
  readonly #scores: Float32Array;

  readonly #content: ContentWeights;

  constructor(
    algorithm: Name,
    weights: FactorWeights,
    content: ContentWeights,
    reading: FactorReading,
    personalDimensions: number,
  ) {
    const { itemCount, rank, sources, targets } = weights;
    if (rank % FACTOR_MULTIPLE !== 0) throw new RangeError(`The rank is a multiple of ${FACTOR_MULTIPLE}.`);
    this.algorithm = algorithm;
    this.itemCount = itemCount;
    this.personalDimensions = personalDimensions;
    this.#rank = rank;
    this.#content = content;
    this.#reading = reading;
    this.#recent = new RecentItems(itemCount, reading.recentItems);
    const memory = new KernelMemory();
    this.#kernels = instantiateKernels(memory);
    this.#sources = sources;
    this.#targets = memory.copyFloat32(targets);
    this.#query = memory.allocateFloat32(rank);
    this.#scores = memory.allocateFloat32(itemCount);
  }

  scoreItems(history: History, out: Float32Array): void {
    const { items, count } = this.#readHistory(history);
    const rank = this.#rank;
    const query = this.#query.fill(0);
    this.#content.clear();
    for (let slot = 0, recency = 1; slot < count; slot++, recency *= this.#reading.decay) {
      const weight = recency * this.#weightOf(slot);
      const start = items[slot]! * rank;
      this.#content.addSource(items[slot]!, weight);
      for (let k = 0; k < rank; k++) query[k] = query[k]! + weight * this.#sources[start + k]!;
    }
    this.#kernels.scoreRows(
      0,
      this.itemCount,
      0,
      query.byteOffset,
      this.#targets.byteOffset,
      rank,
      this.#scores.byteOffset,
    );
    out.set(this.#scores);
    this.#content.addScores(out);
    // No item speaks for itself.
    for (let slot = 0, recency = 1; slot < count; slot++, recency *= this.#reading.decay) {
      const item = items[slot]!;
      out[item] = out[item]! - recency * this.#weightOf(slot) * this.#weightBetween(item, item);
    }
  }

  explain(history: History, item: number): number {
    const { items, rows, count } = this.#readHistory(history);
    const strongest = new StrongestRow();
    for (let slot = 0, recency = 1; slot < count; slot++, recency *= this.#reading.decay) {
      if (items[slot] === item) continue;
      strongest.offer(rows[slot]!, recency * this.#weightOf(slot) * this.#weightBetween(items[slot]!, item));
    }
    return strongest.row;
  }

  encode(): EncodedRecommender {
    const { recentItems, decay, kindExponent } = this.#reading;
    return {
      attributes: {
        rank: this.#rank,
        featureCount: this.#content.featureCount,
        recentItems,
        decay,
        kindExponent,
        personalDimensions: this.personalDimensions,
      },
      sections: [
        { name: 'sources', data: this.#sources },
        { name: 'targets', data: this.#targets },
        ...this.#content.encode(),
      ],
    };
  }

  /**
   * @param parse the algorithm's own, for the ranges
   * @throws ModelFormatError MALFORMED; InvalidHyperparameters
   */
  static decode<Name extends string>(
    algorithm: Name,
    reader: SectionReader,
    itemCount: number,
    parse: (value: unknown) => FactorReading,
  ): ItemFactorsRecommender<Name> {
    const rank = reader.attribute('rank');
    if (!Number.isInteger(rank) || rank < FACTOR_MULTIPLE || rank % FACTOR_MULTIPLE !== 0)
      throw new ModelFormatError('MALFORMED', 'The rank is not a multiple of 8.');
    const weights = {
      itemCount,
      rank,
      sources: reader.float32('sources', itemCount * rank),
      targets: reader.float32('targets', itemCount * rank),
    };
    const content = ContentWeights.decode(reader, itemCount);
    const reading = parse({
      recentItems: reader.attribute('recentItems'),
      decay: reader.attribute('decay'),
      kindExponent: reader.attribute('kindExponent'),
    });
    return new ItemFactorsRecommender(algorithm, weights, content, reading, reader.attribute('personalDimensions'));
  }

  #readHistory(history: History): RecentItems {
    this.#recent.read(history);
    return this.#recent;
  }

  #weightOf(slot: number): number {
    return this.#recent.weights[slot]! ** this.#reading.kindExponent;
  }

  #weightBetween(source: number, target: number): number {
    const rank = this.#rank;
    let sum = this.#content.weightBetween(source, target);
    for (let k = 0; k < rank; k++) sum += this.#sources[source * rank + k]! * this.#targets[target * rank + k]!;
    return sum;
  }
}
