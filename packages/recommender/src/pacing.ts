import { setImmediate } from 'node:timers/promises';
import { TrainingCancelled, type TrainingContext } from './trainer.ts';

/** Simple operations between two looks at the cancel flag: some 20 to 100 ms of plain JavaScript. */
const OPERATIONS_PER_STEP = 10_000_000;

/**
 * Paces one stage of a training: counts its operations (this package has no clock) and now and then yields to the event
 * loop, reports progress and stops a cancelled run.
 */
export class Pacer {
  readonly #context: TrainingContext;
  readonly #message: string;
  #operations = 0;

  constructor(context: TrainingContext, message: string) {
    this.#context = context;
    this.#message = message;
  }

  /** Counts work; true when it is time to `pause`. */
  isDue(operations: number): boolean {
    this.#operations += operations;
    return this.#operations >= OPERATIONS_PER_STEP;
  }

  /**
   * @param fraction done of this stage, 0..1
   * @throws TrainingCancelled
   */
  async pause(fraction: number): Promise<void> {
    this.#operations = 0;
    await setImmediate();
    throwIfCancelled(this.#context);
    this.#context.onProgress(fraction, this.#message);
  }
}

/** @throws TrainingCancelled */
export function throwIfCancelled(context: TrainingContext): void {
  if (Atomics.load(context.cancelFlag, 0) !== 0) throw new TrainingCancelled('The training was cancelled.');
}

/** The same run seen by one stage of it: the stage's 0..1 becomes the share from..to of the whole. */
export function stageOf(context: TrainingContext, from: number, to: number): TrainingContext {
  return {
    seed: context.seed,
    threads: context.threads,
    cancelFlag: context.cancelFlag,
    onProgress: (fraction, message) => context.onProgress(from + (to - from) * fraction, message),
    onPoint: (name, step, value) => context.onPoint(name, step, value),
  };
}
