import { openThread } from './kernels/open-thread.ts';
import {
  type Algorithm,
  InvalidHyperparameters,
  TrainingCancelled,
  type TrainingContext,
  TrainingImpossible,
  type TrainingInput,
} from './trainer.ts';
import type { TrainingThreadData, TrainingThreadMessage } from './training-thread.ts';

/** A thread that does not look at its cancel flag for so long is ended from outside. */
const CANCEL_TIMEOUT_MS = 3_000;

export interface ThreadTrainingOptions extends Pick<TrainingContext, 'seed' | 'threads' | 'onProgress' | 'onPoint'> {
  /** Aborting it cancels the run. */
  readonly signal: AbortSignal;
}

export interface ThreadTrainingResult {
  readonly artifact: Uint8Array;
  /**
   * By the latest items of a fixed number of users, kept back from the training; empty where there are too few to draw
   * from. Computed from users' rows without noise: for models without privacy only.
   */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Trains in a thread of its own, so that the caller's event loop stays free. The arrays of `input` are read where they
 * are when they stand on SharedArrayBuffers, else copied.
 * @throws InvalidHyperparameters, TrainingImpossible, TrainingCancelled, or what else ended the thread
 */
export async function trainInThread(
  algorithm: Algorithm,
  hyperparameters: unknown,
  input: TrainingInput,
  { seed, threads, signal, onProgress, onPoint }: ThreadTrainingOptions,
): Promise<ThreadTrainingResult> {
  if (signal.aborted) throw new TrainingCancelled('The training was cancelled.');
  const cancelFlag = new Int32Array(new SharedArrayBuffer(4));
  const data: TrainingThreadData = { algorithm, hyperparameters, input, seed, threads, cancelFlag };
  const thread = openThread('training', data);
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    Atomics.store(cancelFlag, 0, 1);
    timer = setTimeout(() => void thread.terminate(), CANCEL_TIMEOUT_MS);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await new Promise<ThreadTrainingResult>((settle, fail) => {
      thread.on('message', (message: TrainingThreadMessage) => {
        if (message.kind === 'progress') onProgress(message.fraction, message.message);
        else if (message.kind === 'point') onPoint(message.name, message.step, message.value);
        else if (message.kind === 'trained') settle({ artifact: message.artifact, metrics: message.metrics });
        else fail(restoreError(message));
      });
      thread.once('messageerror', fail);
      thread.once('error', fail);
      thread.once('exit', () =>
        fail(
          signal.aborted ? new TrainingCancelled('The training was cancelled.') : new Error('the thread ended early'),
        ),
      );
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    await thread.terminate();
  }
}

function restoreError({ error, name, path }: Extract<TrainingThreadMessage, { kind: 'failed' }>): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (name === 'TrainingCancelled') return new TrainingCancelled(message);
  if (name === 'TrainingImpossible') return new TrainingImpossible(message);
  if (name === 'InvalidHyperparameters') return new InvalidHyperparameters(path ?? '', message);
  return error;
}
