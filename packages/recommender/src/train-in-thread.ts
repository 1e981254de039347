import { runInThread, type ThreadRunOptions } from './thread-run.ts';
import type { Algorithm, TrainingContext, TrainingInput } from './trainer.ts';
import type { TrainingThreadData, TrainingThreadResult } from './training-thread.ts';

export interface ThreadTrainingOptions extends ThreadRunOptions, Pick<TrainingContext, 'seed' | 'threads'> {}

export interface ThreadTrainingResult {
  readonly artifact: Uint8Array;
  /**
   * By the latest items of a fixed number of users, kept back from the training; empty where there are too few to draw
   * from. Computed from users' rows without noise: for models without privacy only.
   */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Trains in a thread of its own, so that the caller's event loop stays free. The arrays of `input` are read where they
 * are when they stand on SharedArrayBuffers, else copied.
 * @throws InvalidHyperparameters, TrainingImpossible, TrainingCancelled, or what else ended the thread
 */
export async function trainInThread(
  algorithm: Algorithm,
  hyperparameters: unknown,
  input: TrainingInput,
  { seed, threads, ...options }: ThreadTrainingOptions,
): Promise<ThreadTrainingResult> {
  const data: Omit<TrainingThreadData, 'cancelFlag'> = { algorithm, hyperparameters, input, seed, threads };
  const { bytes, metrics } = await runInThread<TrainingThreadResult>('training', data, options);
  return { artifact: bytes, metrics };
}
