import type { History } from '../interactions.ts';
import { ContentWeights } from '../models/content-weights.ts';
import { type CatalogueContent, similarityFeatures } from '../private/content-features.ts';
import { RecentItems } from '../recent-items.ts';
import type { Scorer } from './evaluate.ts';

const RECENT_ITEMS = 200;

/**
 * Content alone, the yardstick that costs no privacy: an item's score is what it has in common with the history. Nothing but
 * the catalogue and the own history is read.
 */
export class ContentScorer implements Scorer {
  readonly #weights: ContentWeights;
  readonly #recent: RecentItems;

  constructor(content: CatalogueContent) {
    const itemCount = content.titles.length;
    this.#weights = new ContentWeights(similarityFeatures(content), new Float32Array(itemCount).fill(1));
    this.#recent = new RecentItems(itemCount, RECENT_ITEMS);
  }

  scoreItems(history: History, out: Float32Array): void {
    this.#recent.read(history);
    this.#weights.clear();
    for (let slot = 0; slot < this.#recent.count; slot++) {
      this.#weights.addSource(this.#recent.items[slot]!, this.#recent.weights[slot]!);
    }
    out.fill(0);
    this.#weights.addScores(out);
  }
}
