import type { History } from '../interactions.ts';
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

  /** @param weights shape [itemCount x itemCount], rows are the history's items */
  constructor(weights: Float32Array, itemCount: number, { recentItems, decay }: HistoryReading) {
    this.itemCount = itemCount;
    this.#weights = weights;
    this.#decay = decay;
    this.#recent = new RecentItems(itemCount, recentItems);
  }

  scoreItems(history: History, _now: number, out: Float32Array): void {
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
