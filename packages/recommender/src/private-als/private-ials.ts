import type { History } from '../interactions.ts';
import { type FoldInSettings, IalsRecommender, type ItemFactors } from '../models/ials.ts';
import type { Recommender } from '../recommender.ts';
import { type EncodedRecommender, ModelFormatError, type SectionReader } from '../section.ts';
import { DISLIKE, PURCHASE } from '../user-items.ts';

/**
 * Fold-in on item factors that were released privately. Every kind of interaction counts the same, as in the training:
 * where noise drowns fine differences, the many views tell more than the few purchases.
 */
export class PrivateIalsRecommender implements Recommender {
  readonly algorithm = 'private-ials';
  readonly itemCount: number;
  /** Axes of taste that stood out of the noise. With none the model orders by popularity and by what the catalogue tells. */
  readonly personalAxes: number;
  readonly #foldIn: IalsRecommender;
  #history: History | undefined;
  #levelled: History | undefined;

  constructor(model: ItemFactors, settings: FoldInSettings, personalAxes: number) {
    this.itemCount = model.itemCount;
    this.personalAxes = personalAxes;
    this.#foldIn = new IalsRecommender(model, settings);
  }

  scoreItems(history: History, out: Float32Array): void {
    this.#foldIn.scoreItems(this.#level(history), out);
  }

  explain(history: History, item: number): number {
    return this.#foldIn.explain(this.#level(history), item);
  }

  encode(): EncodedRecommender {
    const { attributes, sections } = this.#foldIn.encode();
    return { attributes: { ...attributes, personalAxes: this.personalAxes }, sections };
  }

  /** @throws ModelFormatError MALFORMED; InvalidHyperparameters */
  static decode(reader: SectionReader, itemCount: number): PrivateIalsRecommender {
    const personalAxes = reader.attribute('personalAxes');
    if (!Number.isInteger(personalAxes) || personalAxes < 0)
      throw new ModelFormatError('MALFORMED', 'The attribute "personalAxes" is no count.');
    const { settings, model } = IalsRecommender.read(reader, itemCount);
    return new PrivateIalsRecommender(model, settings, personalAxes);
  }

  /** The fold-in remembers a history by identity, so one history is levelled once. */
  #level(history: History): History {
    if (history !== this.#history || this.#levelled === undefined) {
      const kind = history.kind.map((own) => (own === DISLIKE ? DISLIKE : PURCHASE));
      this.#levelled = { itemIdx: history.itemIdx, kind, time: history.time };
      this.#history = history;
    }
    return this.#levelled;
  }
}
