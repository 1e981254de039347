import { runInThread } from '../thread-run.ts';
import type { ThreadTrainingOptions } from '../train-in-thread.ts';
import type { PrivateAlsPlan } from './plan.ts';
import type { PrivateAlsInput } from './train-private-als.ts';
import type { PrivateAlsThreadResult } from './training-thread.ts';

/**
 * Trains private implicit ALS in a thread of its own. To be called once for a plan that was paid for.
 * @throws TrainingCancelled, or what else ended the thread: it may quote the interactions
 */
export async function trainPrivateAlsInThread(
  input: PrivateAlsInput,
  plan: PrivateAlsPlan,
  { seed, threads, ...options }: ThreadTrainingOptions,
): Promise<{ readonly artifact: Uint8Array; readonly isPersonal: boolean }> {
  const data = { input, plan, seed, threads };
  const { bytes, ...result } = await runInThread<PrivateAlsThreadResult>('private-als', data, options);
  return { artifact: bytes, ...result };
}
