import type { Interactions } from './interactions.ts';
import type { ServingModel } from './recommender.ts';

export const ALGORITHMS = ['popularity', 'item-cosine', 'ease', 'ials'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
/** Those that learn from private releases alone, so that what they serve is differentially private. */
export const PRIVATE_ALGORITHMS = ['private-popularity', 'private-ease', 'private-ials'] as const;
export type PrivateAlgorithm = (typeof PRIVATE_ALGORITHMS)[number];
/** Of these, those that learn from any number of stored statistics: training them again costs nothing. */
export type StatisticAlgorithm = Exclude<PrivateAlgorithm, 'private-ials'>;

export interface TrainingInput {
  readonly interactions: Interactions;
  /** Shape [itemCount]. */
  readonly productIds: Int32Array;
  /** Seconds since 1970: recency is measured from here. */
  readonly now: number;
}

export interface TrainingContext {
  readonly seed: number;
  /** Threads for the kernels; 1 = the calling thread only. The result does not depend on it beyond float rounding. */
  readonly threads: number;
  /** Shared; element 0 becomes non-zero when the run is to stop. */
  readonly cancelFlag: Int32Array;
  /** @param fraction 0..1 of the whole run */
  onProgress(fraction: number, message: string): void;
  /** A figure worth a curve: loss of an iteration, seconds of an iteration. */
  onPoint(name: string, step: number, value: number): void;
}

/** The run was cancelled; nothing is left running. */
export class TrainingCancelled extends Error {
  override readonly name = 'TrainingCancelled';
}

/** What was asked for cannot be trained on these data; the message says why and what would help, and tells no counts. */
export class TrainingImpossible extends Error {
  override readonly name = 'TrainingImpossible';
}

/** A hyperparameter is unknown or out of range; `path` names it. */
export class InvalidHyperparameters extends Error {
  override readonly name = 'InvalidHyperparameters';
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

export type TrainModel = (
  algorithm: Algorithm,
  hyperparameters: unknown,
  input: TrainingInput,
  context: TrainingContext,
) => Promise<ServingModel>;
