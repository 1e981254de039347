import { parseNumbers } from '../hyperparameters.ts';
import type { History } from '../interactions.ts';
import { RANK_MULTIPLE, regularizationOf } from '../kernels/als.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { instantiateKernels } from '../kernels/kernels.ts';
import type { KernelExports } from '../kernels/wasm.generated.ts';
import { RecentItems } from '../recent-items.ts';
import type { Recommender } from '../recommender.ts';
import type { EncodedRecommender, SectionReader } from '../section.ts';
import { InvalidHyperparameters } from '../trainer.ts';
import { FoldInExplanation } from './fold-in-explanation.ts';

/** How a history becomes a user's factors: weights and penalty are training's, how older items fade is its own. */
export interface FoldInSettings {
  /** Weight of every pair, observed or not, being drawn to 0 (alpha0). */
  readonly unobservedWeight: number;
  /** Ridge penalty (lambda). */
  readonly regularization: number;
  /** How the penalty grows with the number of observations (nu): 0 not at all, 1 in proportion. */
  readonly regularizationExponent: number;
  /** Distinct items of a history that are read, the newest. */
  readonly recentItems: number;
  /** Weight of an item against the next newer one, at fold-in. */
  readonly decay: number;
}

export interface IalsHyperparameters extends FoldInSettings {
  /** Factors of each user and item, a multiple of 8. */
  readonly rank: number;
  readonly iterations: number;
  /** Weight of an item against the next newer one of the same user, in training. */
  readonly trainingDecay: number;
}

/** What an implicit ALS model releases: item factors in principal axes. */
export interface ItemFactors {
  readonly itemCount: number;
  readonly rank: number;
  /** Shape [itemCount x rank]. */
  readonly factors: Float32Array;
}

/** Item factors as a fold-in needs them. */
export interface FoldInModel extends ItemFactors {
  /** Diagonal of the factors' Gram matrix, which in principal axes has nothing else. Shape [rank]. */
  readonly gram: Float32Array;
}

/**
 * Implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008) with the objective and the penalty of Rendle
 * et al., RecSys 2022. A user has no factors of their own: each request solves for them from the history (fold-in), so
 * what was recorded a moment ago counts.
 */
export class IalsRecommender implements Recommender {
  readonly algorithm = 'ials';
  readonly itemCount: number;
  readonly #model: FoldInModel;
  readonly #settings: FoldInSettings;
  readonly #recent: RecentItems;
  readonly #kernels: KernelExports;
  readonly #explanation: FoldInExplanation;
  readonly #factors: Float32Array;
  readonly #gram: Float32Array;
  readonly #ptr: Int32Array;
  readonly #items: Int32Array;
  readonly #weights: Float32Array;
  readonly #regularization: Float32Array;
  readonly #user: Float32Array;
  readonly #scores: Float32Array;
  readonly #scratch: number;

  constructor(model: ItemFactors, settings: FoldInSettings) {
    const { itemCount, rank } = model;
    this.itemCount = itemCount;
    this.#settings = settings;
    this.#recent = new RecentItems(itemCount, settings.recentItems);
    const memory = new KernelMemory();
    this.#kernels = instantiateKernels(memory);
    this.#factors = memory.copyFloat32(model.factors);
    this.#gram = memory.copyFloat32(gramDiagonalOf(model));
    this.#ptr = memory.allocateInt32(2);
    this.#items = memory.allocateInt32(settings.recentItems);
    this.#weights = memory.allocateFloat32(settings.recentItems);
    this.#regularization = memory.allocateFloat32(1);
    this.#user = memory.allocateFloat32(rank);
    this.#scores = memory.allocateFloat32(itemCount);
    this.#scratch = memory.allocate(this.#kernels.solveScratchBytes(rank));
    this.#model = { itemCount, rank, factors: this.#factors, gram: this.#gram };
    this.#explanation = new FoldInExplanation(this.#model, settings, this.#kernels, memory);
  }

  scoreItems(history: History, out: Float32Array): void {
    const { rank } = this.#model;
    this.#recent.read(history);
    const { count } = this.#recent;
    if (count === 0) {
      out.fill(0);
      return;
    }
    this.#ptr[1] = count;
    for (let slot = 0, recency = 1; slot < count; slot++, recency *= this.#settings.decay) {
      this.#items[slot] = this.#recent.items[slot]!;
      this.#weights[slot] = recency * this.#recent.weights[slot]!;
    }
    this.#regularization[0] = regularizationOf(count, this.itemCount, this.#settings);
    this.#kernels.solveRows(
      0,
      1,
      this.#scratch,
      this.#user.byteOffset,
      this.#factors.byteOffset,
      this.#ptr.byteOffset,
      this.#items.byteOffset,
      this.#weights.byteOffset,
      this.#gram.byteOffset,
      this.#settings.unobservedWeight,
      this.#regularization.byteOffset,
      rank,
    );
    this.#kernels.scoreRows(
      0,
      this.itemCount,
      this.#scratch,
      this.#user.byteOffset,
      this.#factors.byteOffset,
      rank,
      this.#scores.byteOffset,
    );
    out.set(this.#scores);
  }

  explain(history: History, item: number): number {
    return this.#explanation.strongestRow(history, item);
  }

  /** What each of the history's newest items adds to the item's score, the newest first. Overwritten by the next call. */
  termsOf(history: History, item: number): Float64Array {
    return this.#explanation.termsOf(history, item);
  }

  encode(): EncodedRecommender {
    const { rank, factors } = this.#model;
    const { unobservedWeight, regularization, regularizationExponent, recentItems, decay } = this.#settings;
    return {
      attributes: { rank, unobservedWeight, regularization, regularizationExponent, recentItems, decay },
      sections: [{ name: 'itemFactors', data: factors }],
    };
  }

  /** @throws ModelFormatError MALFORMED; InvalidHyperparameters */
  static decode(reader: SectionReader, itemCount: number): IalsRecommender {
    const { model, settings } = IalsRecommender.read(reader, itemCount);
    return new IalsRecommender(model, settings);
  }

  /**
   * What `encode` wrote.
   * @throws ModelFormatError MALFORMED; InvalidHyperparameters
   */
  static read(
    reader: SectionReader,
    itemCount: number,
  ): { readonly model: ItemFactors; readonly settings: FoldInSettings } {
    const settings = parseIals({
      rank: reader.attribute('rank'),
      unobservedWeight: reader.attribute('unobservedWeight'),
      regularization: reader.attribute('regularization'),
      regularizationExponent: reader.attribute('regularizationExponent'),
      recentItems: reader.attribute('recentItems'),
      decay: reader.attribute('decay'),
    });
    const { rank } = settings;
    return { model: { itemCount, rank, factors: reader.float32('itemFactors', itemCount * rank) }, settings };
  }
}

function gramDiagonalOf({ rank, factors }: ItemFactors): Float32Array {
  const diagonal = new Float64Array(rank);
  for (let start = 0; start < factors.length; start += rank) {
    for (let k = 0; k < rank; k++) diagonal[k] = diagonal[k]! + factors[start + k]! * factors[start + k]!;
  }
  return Float32Array.from(diagonal);
}

/** @throws InvalidHyperparameters */
export function parseIals(value: unknown): IalsHyperparameters {
  const parsed = parseNumbers(value, {
    rank: { fallback: 64, minimum: RANK_MULTIPLE, maximum: 512, isInteger: true },
    iterations: { fallback: 12, minimum: 1, maximum: 100, isInteger: true },
    unobservedWeight: { fallback: 0.1, minimum: 1e-6, maximum: 100 },
    regularization: { fallback: 0.1, minimum: 1e-9, maximum: 1e6 },
    regularizationExponent: { fallback: 0.5, minimum: 0, maximum: 2 },
    recentItems: { fallback: 50, minimum: 1, maximum: 500, isInteger: true },
    decay: { fallback: 0.95, minimum: 0.01, maximum: 1 },
    trainingDecay: { fallback: 1, minimum: 0.01, maximum: 1 },
  });
  if (parsed.rank % RANK_MULTIPLE !== 0) {
    throw new InvalidHyperparameters('rank', `"rank" is a multiple of ${RANK_MULTIPLE}.`);
  }
  return parsed;
}
