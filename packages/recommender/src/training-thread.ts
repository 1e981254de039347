import { parentPort, workerData } from 'node:worker_threads';
import { encodeArtifact } from './artifact.ts';
import { trainModel } from './train-model.ts';
import { type Algorithm, InvalidHyperparameters, type TrainingInput } from './trainer.ts';

export interface TrainingThreadData {
  readonly algorithm: Algorithm;
  readonly hyperparameters: unknown;
  readonly input: TrainingInput;
  readonly seed: number;
  readonly threads: number;
  readonly cancelFlag: Int32Array;
}

export type TrainingThreadMessage =
  | { readonly kind: 'progress'; readonly fraction: number; readonly message: string }
  | { readonly kind: 'point'; readonly name: string; readonly step: number; readonly value: number }
  | { readonly kind: 'trained'; readonly artifact: Uint8Array }
  /** An error loses its class on the way between threads. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly name: string; readonly path?: string };

const { algorithm, hyperparameters, input, ...context } = workerData as TrainingThreadData;
const send = (message: TrainingThreadMessage, transfer: ArrayBuffer[] = []) =>
  parentPort!.postMessage(message, transfer);

try {
  const model = await trainModel(algorithm, hyperparameters, input, {
    ...context,
    onProgress: (fraction, message) => send({ kind: 'progress', fraction, message }),
    onPoint: (name, step, value) => send({ kind: 'point', name, step, value }),
  });
  const artifact = encodeArtifact(model);
  send({ kind: 'trained', artifact }, artifact.buffer instanceof ArrayBuffer ? [artifact.buffer] : []);
} catch (error) {
  const name = error instanceof Error ? error.name : 'Error';
  send({ kind: 'failed', error, name, ...(error instanceof InvalidHyperparameters ? { path: error.path } : {}) });
}
