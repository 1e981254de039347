import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { addNoise, DiscreteGaussian } from '@sotto/privacy';
import { openThread } from '../kernels/open-thread.ts';
import { throwIfCancelled } from '../pacing.ts';
import type { TrainingContext } from '../trainer.ts';

/** Draws that one core does in some 10 ms. */
export const DRAWS_PER_CHUNK = 32_768;
/** Fewer draws are done before threads would have started. */
const DRAWS_WORTH_THREADS = 1_000_000;

export interface NoiseThreadData {
  /** Whole numbers, shared; each gets its noise once. */
  readonly sums: Float64Array;
  /** A whole number, as text: BigInts have no JSON. */
  readonly variance: string;
  /** Shared; element 0 is where the next chunk begins, element 1 how many have their noise. */
  readonly progress: Int32Array;
  readonly cancelFlag: Int32Array;
}

/**
 * Adds discrete Gaussian noise to whole numbers, on all threads where that is worth it.
 * @returns the noisy sums; `sums` may have been overwritten in part
 * @throws TrainingCancelled, or what ended a thread; then nothing may be used
 */
export async function drawNoise(sums: Float64Array, variance: bigint, context: TrainingContext): Promise<Float64Array> {
  const isShared = context.threads > 1 && sums.length >= DRAWS_WORTH_THREADS;
  const target = isShared ? copyToShared(sums) : sums;
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const data: NoiseThreadData = {
    sums: target,
    variance: variance.toString(),
    progress,
    cancelFlag: context.cancelFlag,
  };
  if (isShared) await drawInThreads(data, context.threads);
  else for (const draw = openChunks(data); draw(); ) await setImmediate();
  throwIfCancelled(context);
  // A sum without noise must never leave: whatever went wrong, this is what counts.
  if (Atomics.load(progress, 1) !== target.length) throw new Error('Not all sums got their noise.');
  return target;
}

/** @returns does one chunk a call; false when none is left or the run is cancelled */
export function openChunks({ sums, variance, progress, cancelFlag }: NoiseThreadData): () => boolean {
  const noise = new DiscreteGaussian({ variance: BigInt(variance) });
  return () => {
    if (Atomics.load(cancelFlag, 0) !== 0) return false;
    const begin = Atomics.add(progress, 0, DRAWS_PER_CHUNK);
    if (begin >= sums.length) return false;
    const chunk = sums.subarray(begin, begin + DRAWS_PER_CHUNK);
    addNoise(noise, chunk);
    Atomics.add(progress, 1, chunk.length);
    return true;
  };
}

async function drawInThreads(data: NoiseThreadData, threads: number): Promise<void> {
  const workers = Array.from({ length: threads }, () => openThread('noise', data));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'exit')));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function copyToShared(values: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}
