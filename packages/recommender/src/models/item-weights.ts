import type { History } from '../interactions.ts';
import { RecentItems } from '../recent-items.ts';
import type { Recommender } from '../recommender.ts';
import type { EncodedRecommender, SectionReader } from '../section.ts';
import { addRow, decodeSparseMatrix, encodeSparseMatrix, type SparseMatrix, valueAt } from '../sparse-matrix.ts';
import { StrongestRow } from '../strongest-row.ts';

export interface HistoryReading {
  /** Distinct items of a history that are read, the newest. */
  readonly recentItems: number;
  /** Weight of an item against the next newer one; 1 reads all alike. */
  readonly decay: number;
}

/**
 * Scores by weights from item to item: the sum of the rows of the history's items, an older item counting less. Item
 * cosine and EASE serve this way and differ in how the weights are learned.
 */
export class ItemWeightsRecommender<Name extends string = string> implements Recommender {
  readonly algorithm: Name;
  readonly itemCount: number;
  readonly #weights: SparseMatrix;
  readonly #decay: number;
  readonly #recent: RecentItems;

  /** @param weights shape [itemCount x itemCount], rows are the history's items, columns ascending */
  constructor(algorithm: Name, weights: SparseMatrix, { recentItems, decay }: HistoryReading) {
    this.algorithm = algorithm;
    this.itemCount = weights.rowCount;
    this.#weights = weights;
    this.#decay = decay;
    this.#recent = new RecentItems(this.itemCount, recentItems);
  }

  scoreItems(history: History, out: Float32Array): void {
    const recent = this.#recent;
    out.fill(0);
    recent.read(history);
    for (let rank = 0, recency = 1; rank < recent.count; rank++, recency *= this.#decay) {
      addRow(this.#weights, recent.items[rank]!, recency * recent.weights[rank]!, out);
    }
  }

  explain(history: History, item: number): number {
    const recent = this.#recent;
    recent.read(history);
    const strongest = new StrongestRow();
    for (let rank = 0, recency = 1; rank < recent.count; rank++, recency *= this.#decay) {
      const said = recency * recent.weights[rank]! * valueAt(this.#weights, recent.items[rank]!, item);
      strongest.offer(recent.rows[rank]!, said);
    }
    return strongest.row;
  }

  encode(): EncodedRecommender {
    return {
      attributes: { decay: this.#decay, recentItems: this.#recent.capacity },
      sections: encodeSparseMatrix('weights', this.#weights),
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
    parse: (value: unknown) => HistoryReading,
  ): ItemWeightsRecommender<Name> {
    const weights = decodeSparseMatrix('weights', reader, itemCount, itemCount);
    const reading = parse({ recentItems: reader.attribute('recentItems'), decay: reader.attribute('decay') });
    return new ItemWeightsRecommender(algorithm, weights, reading);
  }
}
