import { runInThread } from '../thread-run.ts';
import type { ThreadTrainingOptions } from '../train-in-thread.ts';
import type { PrivateTrainingInput, PrivateTrainingResult } from './training-thread.ts';

/**
 * Trains from released statistics in a thread of its own: post-processing, which costs nothing more.
 * @throws InvalidHyperparameters, TrainingImpossible, TrainingCancelled, ModelFormatError of a statistic, or what else
 *   ended the thread
 */
export async function trainPrivateInThread(
  input: PrivateTrainingInput,
  { seed, threads, ...options }: ThreadTrainingOptions,
): Promise<{ readonly artifact: Uint8Array; readonly personalDimensions: number }> {
  const data = { ...input, seed, threads };
  const { bytes, ...result } = await runInThread<PrivateTrainingResult>('private-training', data, options);
  return { artifact: bytes, ...result };
}
