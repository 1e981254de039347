import { runInThread, type ThreadRunOptions } from '../thread-run.ts';
import type { ReleaseThreadInput } from './release-thread.ts';

/**
 * Draws the private statistic in a thread of its own, which draws its noise in as many as it may. To be called once for
 * an (epsilon, delta) that was paid for.
 * @returns the encoded statistic
 * @throws TrainingCancelled, or what else ended the thread: it may quote the interactions
 */
export async function releaseInThread(
  input: ReleaseThreadInput,
  { threads, ...options }: ThreadRunOptions & { readonly threads: number },
): Promise<Uint8Array> {
  const { bytes } = await runInThread<{ readonly bytes: Uint8Array }>('release', { ...input, threads }, options);
  return bytes;
}
