import type { RangeKernel } from './kernels.ts';
import type { KernelExports } from './wasm.generated.ts';

/** One parallel loop: a kernel over 0..count in chunks that threads take as they come free. */
export interface RangeJob {
  readonly kernel: RangeKernel;
  readonly count: number;
  readonly chunk: number;
  readonly args: readonly number[];
}

/**
 * Takes the next chunk off the shared counter and runs it.
 * @param next shared; element 0 is where the next chunk begins
 * @param cancelFlag shared; element 0 becomes non-zero when the run is to stop
 * @returns whether there was one
 */
export function runNextChunk(
  kernels: KernelExports,
  job: RangeJob,
  scratch: number,
  next: Int32Array,
  cancelFlag: Int32Array,
): boolean {
  if (Atomics.load(cancelFlag, 0) !== 0) return false;
  const begin = Atomics.add(next, 0, job.chunk);
  if (begin >= job.count) return false;
  const kernel = kernels[job.kernel] as (...args: number[]) => void;
  kernel(begin, Math.min(begin + job.chunk, job.count), scratch, ...job.args);
  return true;
}
