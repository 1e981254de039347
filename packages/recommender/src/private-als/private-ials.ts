import type { History } from '../interactions.ts';
import { ContentWeights } from '../models/content-weights.ts';
import { type FoldInSettings, IalsRecommender, type ItemFactors } from '../models/ials.ts';
import { RecentItems } from '../recent-items.ts';
import type { Recommender } from '../recommender.ts';
import { type EncodedRecommender, ModelFormatError, type SectionReader } from '../section.ts';
import { StrongestRow } from '../strongest-row.ts';
import { DISLIKE, PURCHASE } from '../user-items.ts';
import { type MixFactors, type MixWeights, scaleMix } from './mix-scores.ts';

/** What private ALS serves: releases, post-processed, and what is public. */
export interface PrivateIalsParts {
  readonly factors: ItemFactors;
  /** Multiplied to each item's learned score. Shape [itemCount]. */
  readonly trends: Float32Array;
  readonly content: ContentWeights;
  readonly weights: MixWeights;
  /** Whether taste stands over the noise for certain. Where it does not, content and private popularity decide. */
  readonly isPersonal: boolean;
}

/**
 * Fold-in on item factors that were released privately, beside what the catalogue says. How much the factors count follows
 * from how far they stand over their noise; where they do not, content and private popularity decide. Every kind of interaction
 * counts the same, as in the training: where noise drowns fine differences, the many views tell more than the few purchases.
 */
export class PrivateIalsRecommender implements Recommender {
  readonly algorithm = 'private-ials';
  readonly itemCount: number;
  readonly weights: MixWeights;
  readonly isPersonal: boolean;
  readonly #foldIn: IalsRecommender;
  readonly #trends: Float32Array;
  readonly #content: ContentWeights;
  readonly #recent: RecentItems;
  readonly #decay: number;
  readonly #learnedScores: Float32Array;
  readonly #contentScores: Float32Array;
  #history: History | undefined;
  #levelled: History | undefined;
  #mix: MixFactors = { learned: 0, content: 0 };

  constructor({ factors, trends, content, weights, isPersonal }: PrivateIalsParts, settings: FoldInSettings) {
    this.itemCount = factors.itemCount;
    this.weights = weights;
    this.isPersonal = isPersonal;
    this.#foldIn = new IalsRecommender(factors, settings);
    this.#trends = trends;
    this.#content = content;
    this.#recent = new RecentItems(factors.itemCount, settings.recentItems);
    this.#decay = settings.decay;
    this.#learnedScores = new Float32Array(factors.itemCount);
    this.#contentScores = new Float32Array(factors.itemCount);
  }

  scoreItems(history: History, out: Float32Array): void {
    this.#read(history);
    const { learned, content } = this.#mix;
    for (let item = 0; item < out.length; item++) {
      out[item] = learned * this.#learnedScores[item]! + content * this.#contentScores[item]!;
    }
  }

  explain(history: History, item: number): number {
    const levelled = this.#read(history);
    const { items, rows } = this.#recent;
    const terms = this.#foldIn.termsOf(levelled, item);
    const learned = this.#mix.learned * this.#trends[item]!;
    const strongest = new StrongestRow();
    for (let slot = 0, recency = this.#mix.content; slot < terms.length; slot++, recency *= this.#decay) {
      // An item is no reason for itself.
      const content = items[slot] === item ? 0 : recency * this.#content.weightBetween(items[slot]!, item);
      strongest.offer(rows[slot]!, learned * terms[slot]! + content);
    }
    return strongest.row;
  }

  encode(): EncodedRecommender {
    const { attributes, sections } = this.#foldIn.encode();
    const { learned, content } = this.weights;
    return {
      attributes: {
        ...attributes,
        learnedWeight: learned,
        contentWeight: content,
        isPersonal: this.isPersonal ? 1 : 0,
        featureCount: this.#content.featureCount,
      },
      sections: [...sections, { name: 'trends', data: this.#trends }, ...this.#content.encode()],
    };
  }

  /** @throws ModelFormatError MALFORMED; InvalidHyperparameters */
  static decode(reader: SectionReader, itemCount: number): PrivateIalsRecommender {
    const { settings, model: factors } = IalsRecommender.read(reader, itemCount);
    const weights = { learned: readWeight(reader, 'learnedWeight'), content: readWeight(reader, 'contentWeight') };
    const trends = reader.float32('trends', itemCount);
    const content = ContentWeights.decode(reader, itemCount);
    const isPersonal = reader.attribute('isPersonal') !== 0;
    return new PrivateIalsRecommender({ factors, trends, content, weights, isPersonal }, settings);
  }

  /** Histories are remembered by identity, so that one is read once for its scores and all its reasons. */
  #read(history: History): History {
    if (history === this.#history && this.#levelled !== undefined) return this.#levelled;
    const kind = history.kind.map((own) => (own === DISLIKE ? DISLIKE : PURCHASE));
    const levelled = { itemIdx: history.itemIdx, kind, time: history.time };
    const learned = this.#learnedScores;
    this.#foldIn.scoreItems(levelled, learned);
    for (let item = 0; item < learned.length; item++) learned[item] = learned[item]! * this.#trends[item]!;
    // The fold-in reads the same rows in the same order.
    this.#recent.read(levelled);
    this.#content.clear();
    for (let slot = 0, recency = 1; slot < this.#recent.count; slot++, recency *= this.#decay) {
      this.#content.addSource(this.#recent.items[slot]!, recency);
    }
    this.#contentScores.fill(0);
    this.#content.addScores(this.#contentScores);
    this.#mix = scaleMix(learned, this.#contentScores, this.weights);
    this.#history = history;
    this.#levelled = levelled;
    return levelled;
  }
}

function readWeight(reader: SectionReader, name: string): number {
  const weight = reader.attribute(name);
  if (weight >= 0) return weight;
  throw new ModelFormatError('MALFORMED', `The attribute "${name}" is below zero.`);
}
