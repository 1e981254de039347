import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { TrainingCancelled } from '../trainer.ts';
import { type RangeJob, runNextChunk } from './chunk-queue.ts';
import { KernelMemory } from './kernel-memory.ts';
import type { KernelThreadData, KernelThreadRequest } from './kernel-thread.ts';
import { instantiateKernels, kernelModule, type RangeArguments, type RangeKernel } from './kernels.ts';
import { openThread } from './open-thread.ts';
import type { KernelExports } from './wasm.generated.ts';

export interface KernelPoolOptions {
  /** 1 = the calling thread only; more = that many threads beside the calling one, which then only waits. */
  readonly threads: number;
  /** Shared; element 0 becomes non-zero when the run is to stop. */
  readonly cancelFlag?: Int32Array;
  /** Most bytes of memory; 4 GiB unless told. */
  readonly maximumBytes?: number;
}

/** Kernels over one memory on several threads. Results do not depend on the number of threads. Close it after use. */
export class KernelPool {
  readonly threads: number;
  readonly memory: KernelMemory;
  /** The kernels on the calling thread, for short steps between parallel ones. */
  readonly kernels: KernelExports;
  readonly #workers: readonly Worker[];
  readonly #next: Int32Array;
  readonly #cancelFlag: Int32Array;
  #scratch = 0;
  #scratchBytes = 0;

  /** Use `openKernelPool`. */
  constructor(memory: KernelMemory, workers: readonly Worker[], next: Int32Array, cancelFlag: Int32Array) {
    this.threads = Math.max(1, workers.length);
    this.memory = memory;
    this.kernels = instantiateKernels(memory);
    this.#workers = workers;
    this.#next = next;
    this.#cancelFlag = cancelFlag;
  }

  /** Makes sure that each thread's scratch holds so many bytes. */
  reserveScratch(bytes: number): void {
    if (bytes <= this.#scratchBytes) return;
    this.#scratchBytes = Math.ceil(bytes / 64) * 64;
    this.#scratch = this.memory.allocate(this.#scratchBytes * this.threads);
  }

  /**
   * Runs a kernel over 0..count, one kernel at a time. On the calling thread alone it yields to the event loop between chunks.
   * @param chunk rows, tiles or parts taken at once: well under a second of work, since cancelling waits for it
   * @throws TrainingCancelled once no thread works on it any more
   */
  async run<Name extends RangeKernel>(
    kernel: Name,
    count: number,
    chunk: number,
    ...args: RangeArguments<Name>
  ): Promise<void> {
    const job: RangeJob = { kernel, count, chunk, args };
    Atomics.store(this.#next, 0, 0);
    if (this.#workers.length === 0) await this.#runHere(job);
    else await Promise.all(this.#workers.map((worker, thread) => this.#runThere(worker, thread, job)));
    if (Atomics.load(this.#cancelFlag, 0) !== 0) throw new TrainingCancelled('The training was cancelled.');
  }

  /** Ends the threads; resolves when they are gone. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #runHere(job: RangeJob): Promise<void> {
    while (runNextChunk(this.kernels, job, this.#scratch, this.#next, this.#cancelFlag)) await setImmediate();
  }

  async #runThere(worker: Worker, thread: number, job: RangeJob): Promise<void> {
    const request: KernelThreadRequest = { job, scratch: this.#scratch + thread * this.#scratchBytes };
    // Listening before posting: `once` rejects when the thread fails, and close() ends the wait by 'exit'.
    const ended = new AbortController();
    const answered = once(worker, 'message', { signal: ended.signal });
    const onExit = () => ended.abort(new Error('A kernel thread ended while it worked.'));
    worker.once('exit', onExit);
    worker.postMessage(request);
    try {
      await answered;
    } finally {
      worker.off('exit', onExit);
    }
  }
}

/** Opens the threads and waits until they run. */
export async function openKernelPool({ threads, cancelFlag, maximumBytes }: KernelPoolOptions): Promise<KernelPool> {
  const memory = new KernelMemory(maximumBytes);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const flag = cancelFlag ?? new Int32Array(new SharedArrayBuffer(4));
  const data: KernelThreadData = { module: kernelModule(), memory: memory.memory, next, cancelFlag: flag };
  const workers = threads <= 1 ? [] : Array.from({ length: threads }, () => openThread('kernel', data));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'online')));
  } catch (cause) {
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw new Error('A kernel thread could not start.', { cause });
  }
  return new KernelPool(memory, workers, next, flag);
}
