import { Worker } from 'node:worker_threads';

/** Entry files of threads, relative to the compiled package. */
const THREADS = {
  kernel: 'kernels/kernel-thread.js',
  'private-training': 'private/training-thread.js',
  noise: 'private-als/noise-thread.js',
  'private-als': 'private-als/training-thread.js',
  release: 'private/release-thread.js',
  statistic: 'private/statistic-thread.js',
  training: 'training-thread.js',
} as const;
export type ThreadName = keyof typeof THREADS;

/**
 * The only place that opens threads. It always loads the compiled package: Node 20 cannot start a thread from
 * TypeScript, and both src/kernels and dist/kernels lie two folders below the package.
 */
export function openThread(name: ThreadName, workerData: unknown): Worker {
  const entry = new URL(`../../dist/${THREADS[name]}`, import.meta.url);
  return new Worker(entry, { name: `sotto-${name}`, workerData, execArgv: [] });
}
