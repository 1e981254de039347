import { parentPort } from 'node:worker_threads';
import type { ThreadRunMessage } from './thread-run.ts';
import { InvalidHyperparameters, type TrainingContext } from './trainer.ts';

/**
 * The thread's side of runInThread: runs, tells what happens, and hands the result over without copying its bytes.
 * @param run gets where to report; its result's `bytes` are transferred
 */
export async function serveThread<Result extends { readonly bytes: Uint8Array }>(
  run: (report: Pick<TrainingContext, 'onProgress' | 'onPoint'>) => Promise<Result>,
): Promise<void> {
  const send = (message: ThreadRunMessage<Result>, transfer: ArrayBuffer[] = []) =>
    parentPort!.postMessage(message, transfer);
  try {
    const result = await run({
      onProgress: (fraction, message) => send({ kind: 'progress', fraction, message }),
      onPoint: (name, step, value) => send({ kind: 'point', name, step, value }),
    });
    const { buffer } = result.bytes;
    send({ kind: 'done', result }, buffer instanceof ArrayBuffer ? [buffer] : []);
  } catch (error) {
    const name = error instanceof Error ? error.name : 'Error';
    send({ kind: 'failed', error, name, ...(error instanceof InvalidHyperparameters ? { path: error.path } : {}) });
  }
}
