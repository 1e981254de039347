import { parentPort, workerData } from 'node:worker_threads';
import { type RangeJob, runNextChunk } from './chunk-queue.ts';
import { instantiateModule } from './kernels.ts';
import type { WasmMemory, WasmModule } from './web-assembly.ts';

export interface KernelThreadData {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly next: Int32Array;
  readonly cancelFlag: Int32Array;
}
export interface KernelThreadRequest {
  readonly job: RangeJob;
  readonly scratch: number;
}

const { module, memory, next, cancelFlag } = workerData as KernelThreadData;
const kernels = instantiateModule(module, memory);

parentPort?.on('message', ({ job, scratch }: KernelThreadRequest) => {
  while (runNextChunk(kernels, job, scratch, next, cancelFlag));
  parentPort?.postMessage('done');
});
