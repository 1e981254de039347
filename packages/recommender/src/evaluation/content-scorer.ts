import type { History } from '../interactions.ts';
import { type CatalogueContent, describeItems, type FeatureGroup } from '../private/content-features.ts';
import { RecentItems } from '../recent-items.ts';
import type { Scorer } from './evaluate.ts';

const RECENT_ITEMS = 200;

/**
 * Content alone, the yardstick that costs no privacy: an item's score is how much of what describes it describes the
 * history, a feature counting the less the more items have it. Nothing but the catalogue and the own history is read.
 */
export class ContentScorer implements Scorer {
  readonly #groups: readonly FeatureGroup[];
  /** 1 / items of each feature, by group. */
  readonly #rarities: readonly Float64Array[];
  readonly #profiles: readonly Float64Array[];
  readonly #recent: RecentItems;

  constructor(content: CatalogueContent) {
    const [, ...groups] = describeItems(content);
    this.#groups = groups;
    this.#rarities = groups.map(({ featureCount, features }) => {
      const counts = new Float64Array(featureCount);
      for (const feature of features) counts[feature]! += 1;
      return counts.map((count) => 1 / count);
    });
    this.#profiles = groups.map(({ featureCount }) => new Float64Array(featureCount));
    this.#recent = new RecentItems(content.titles.length, RECENT_ITEMS);
  }

  scoreItems(history: History, out: Float32Array): void {
    out.fill(0);
    this.#recent.read(history);
    for (const [at, group] of this.#groups.entries()) {
      const profile = this.#profiles[at]!.fill(0);
      for (let slot = 0; slot < this.#recent.count; slot++) {
        const item = this.#recent.items[slot]!;
        for (let own = group.ptr[item]!; own < group.ptr[item + 1]!; own++) {
          const feature = group.features[own]!;
          profile[feature] = profile[feature]! + this.#recent.weights[slot]! * group.values[own]!;
        }
      }
      for (let item = 0; item < out.length; item++) {
        for (let own = group.ptr[item]!; own < group.ptr[item + 1]!; own++) {
          const feature = group.features[own]!;
          out[item] = out[item]! + profile[feature]! * this.#rarities[at]![feature]! * group.values[own]!;
        }
      }
    }
  }
}
