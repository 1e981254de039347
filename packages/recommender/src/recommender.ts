import type { History } from './interactions.ts';

/**
 * A trained model as it serves: pure, synchronous, and a function of the given history and the trained state only.
 * Every model passes the same conformance suite (testing/conformance.ts).
 */
export interface Recommender {
  readonly algorithm: string;
  readonly itemCount: number;
  /**
   * Writes a score for every item, higher is better; items of the history are scored too, the caller excludes them.
   * An unknown or empty history gives all zeros for a personal model (popularity ignores the history).
   * @param out shape [itemCount]; overwritten
   */
  scoreItems(history: History, out: Float32Array): void;
  /**
   * Which row of the history spoke most for the item: the reason shown to the shopper.
   * @returns index into the history, or -1 where no single row tells a third of what speaks for the item
   */
  explain(history: History, item: number): number;
}

/** For each item its most similar others, strongest first. */
export interface Neighbours {
  readonly itemCount: number;
  /** Where each item's neighbours start. Shape [itemCount + 1]. */
  readonly ptr: Int32Array;
  /** Shape [neighbours]. */
  readonly items: Int32Array;
  /** In [0, 1]. Shape [neighbours]. */
  readonly scores: Float32Array;
}

/**
 * What one model version serves: the personal recommender and the statistics that the other placements need, learned
 * from the same snapshot, so that an answer never mixes two trainings.
 */
export interface ServingModel {
  readonly algorithm: string;
  /** Product id of each item. Shape [itemCount]. */
  readonly productIds: Int32Array;
  readonly recommender: Recommender;
  /** Decayed interaction weight by item, scaled to a maximum of 1. Shape [itemCount]. */
  readonly popularity: Float32Array;
  /** Recent interaction weight against the item's own past, scaled to a maximum of 1. Shape [itemCount]. */
  readonly trending: Float32Array;
  /** Viewed or bought by the same users. */
  readonly related: Neighbours;
  /** Bought by the same users at about the same time. */
  readonly boughtTogether: Neighbours;
}
