import type { History } from '../interactions.ts';
import type { WeightRows } from '../models/ease.ts';
import type { HistoryReading } from '../models/item-weights.ts';
import { RecentItems } from '../recent-items.ts';
import type { Scorer } from './evaluate.ts';

/**
 * Scores by every weight from item to item, where a served model keeps the strongest: the yardstick for what that cut
 * loses.
 */
export class DenseWeightsScorer implements Scorer {
  readonly itemCount: number;
  readonly #weights: Float32Array;
  readonly #decay: number;
  readonly #recent: RecentItems;

  constructor(weights: WeightRows, { recentItems, decay }: HistoryReading) {
    const { itemCount } = weights;
    this.itemCount = itemCount;
    this.#weights = new Float32Array(itemCount * itemCount);
    for (let item = 0; item < itemCount; item++) {
      weights.readRow(item, this.#weights.subarray(item * itemCount, (item + 1) * itemCount));
    }
    this.#decay = decay;
    this.#recent = new RecentItems(itemCount, recentItems);
  }

  scoreItems(history: History, out: Float32Array): void {
    const recent = this.#recent;
    out.fill(0);
    recent.read(history);
    for (let rank = 0, recency = 1; rank < recent.count; rank++, recency *= this.#decay) {
      const start = recent.items[rank]! * this.itemCount;
      const factor = recency * recent.weights[rank]!;
      for (let item = 0; item < this.itemCount; item++) out[item] = out[item]! + factor * this.#weights[start + item]!;
    }
  }
}
