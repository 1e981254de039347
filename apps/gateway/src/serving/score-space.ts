import type { ServingModel } from '@sotto/recommender/serving';
import type { Catalogue } from './catalogue.ts';
import { type ContentIndex, MIN_SIMILARITY } from './content-index.ts';
import type { TimeSlice } from './time-slice.ts';
import { selectTopK } from './top-k.ts';

/** The model of one version, or null before the first was activated. */
export interface ActiveModel {
  readonly modelVersionId: string;
  readonly model: ServingModel;
}

/** Nearest items that stand in for a product the model does not know. */
const NEIGHBOURS = 8;
/** A score from content is a guess: it counts less than one that was learned. */
const COLD_DISCOUNT = 0.8;

/**
 * One score vector for the whole catalogue: first the model's items as the model numbers them, then the **cold**
 * products, which it does not know. A cold product scores the weighted mean of the items nearest to it in content.
 * Binds one model to one state of the catalogue's content; immutable but for the scratch that `scores` is.
 */
export class ScoreSpace {
  readonly active: ActiveModel | null;
  readonly content: ContentIndex;
  readonly itemCount: number;
  /** Catalogue index of each position; -1 for an item whose product is gone. Shape [size]. */
  readonly indexOf: Int32Array;
  /** Position of each catalogue index. Shape [catalogue size at its time]. */
  readonly positionOf: Int32Array;
  /** Reused by every request, each of which ranks without a pause. Shape [size]. */
  readonly scores: Float32Array;
  /** The model's part of `scores`. Shape [itemCount]. */
  readonly itemScores: Float32Array;
  /** Stand-ins of each cold product, nearest first, -1 where there are fewer. Shape [cold x NEIGHBOURS]. */
  readonly #standIns: Int32Array;
  readonly #similarities: Float32Array;

  private constructor(
    active: ActiveModel | null,
    content: ContentIndex,
    indexOf: Int32Array,
    positionOf: Int32Array,
    standIns: Int32Array,
    similarities: Float32Array,
  ) {
    this.active = active;
    this.content = content;
    this.itemCount = active?.model.productIds.length ?? 0;
    this.indexOf = indexOf;
    this.positionOf = positionOf;
    this.scores = new Float32Array(indexOf.length);
    this.itemScores = this.scores.subarray(0, this.itemCount);
    this.#standIns = standIns;
    this.#similarities = similarities;
  }

  static async build(
    active: ActiveModel | null,
    catalogue: Catalogue,
    content: ContentIndex,
    slice: TimeSlice,
  ): Promise<ScoreSpace> {
    const positionOf = new Int32Array(catalogue.size).fill(-1);
    const productIds = active?.model.productIds ?? new Int32Array();
    const indexOf: number[] = [];
    for (const [item, id] of productIds.entries()) {
      if (item % 1024 === 0) await slice.rest();
      const index = catalogue.indexOfId(id) ?? -1;
      indexOf.push(index);
      if (index !== -1) positionOf[index] = item;
    }
    for (let index = 0; index < positionOf.length; index++) {
      if (positionOf[index] !== -1) continue;
      positionOf[index] = indexOf.length;
      indexOf.push(index);
    }
    const itemCount = productIds.length;
    const coldCount = itemCount === 0 ? 0 : indexOf.length - itemCount;
    const standIns = new Int32Array(coldCount * NEIGHBOURS).fill(-1);
    const similarities = new Float32Array(standIns.length);
    const scratch = new Float32Array(catalogue.size);
    for (let cold = 0; cold < coldCount; cold++) {
      await slice.rest();
      const version = catalogue.versions[indexOf[itemCount + cold]!]!;
      if (version.isDeleted) continue;
      scratch.fill(0);
      content.addSimilarities(version, 1, scratch);
      const nearest = selectTopK(
        scratch,
        NEIGHBOURS,
        (index) => positionOf[index]! < itemCount && scratch[index]! >= MIN_SIMILARITY,
        (index) => catalogue.versions[index]!.product.id,
      );
      for (const [rank, index] of nearest.positions.entries()) {
        standIns[cold * NEIGHBOURS + rank] = positionOf[index]!;
        similarities[cold * NEIGHBOURS + rank] = nearest.scores[rank]!;
      }
    }
    return new ScoreSpace(active, content, Int32Array.from(indexOf), positionOf, standIns, similarities);
  }

  get modelVersionId(): string | null {
    return this.active?.modelVersionId ?? null;
  }

  /** Of its own arrays and the content index; the model is shared. */
  get byteLength(): number {
    const arrays = [this.indexOf, this.positionOf, this.scores, this.#standIns, this.#similarities];
    return arrays.reduce((total, array) => total + array.byteLength, this.content.byteLength);
  }

  /** @returns -1 for a product newer than this space */
  positionOfIndex(index: number): number {
    return index < this.positionOf.length ? this.positionOf[index]! : -1;
  }

  isCold(position: number): boolean {
    return position >= this.itemCount;
  }

  /**
   * The item nearest to a cold product.
   * @returns -1 when no item is near, or the model is missing
   */
  nearestItem(position: number): number {
    return this.#standIns[(position - this.itemCount) * NEIGHBOURS] ?? -1;
  }

  /** Visits the items that stand for a product: itself, or a cold one's stand-ins, weights adding up to 1. */
  forEachItem(position: number, visit: (item: number, weight: number) => void): void {
    if (!this.isCold(position)) {
      visit(position, 1);
      return;
    }
    const start = (position - this.itemCount) * NEIGHBOURS;
    let total = 0;
    for (let at = start; at < start + NEIGHBOURS; at++) total += this.#similarities[at] ?? 0;
    for (let at = start; at < start + NEIGHBOURS && total > 0; at++)
      if (this.#standIns[at]! >= 0) visit(this.#standIns[at]!, this.#similarities[at]! / total);
  }

  /** Fills the cold part of `scores` from the items' part. */
  scoreColdProducts(): void {
    const { scores, itemCount } = this;
    const standIns = this.#standIns;
    const similarities = this.#similarities;
    for (let position = itemCount, start = 0; position < scores.length; position++, start += NEIGHBOURS) {
      let total = 0;
      let weight = 0;
      for (let at = start; at < start + NEIGHBOURS; at++) {
        const item = standIns[at]!;
        if (!(item >= 0)) break;
        total += similarities[at]! * scores[item]!;
        weight += similarities[at]!;
      }
      scores[position] = weight > 0 ? (COLD_DISCOUNT * total) / weight : 0;
    }
  }
}
