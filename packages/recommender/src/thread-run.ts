import { openThread, type ThreadName } from './kernels/open-thread.ts';
import { InvalidHyperparameters, TrainingCancelled, type TrainingContext, TrainingImpossible } from './trainer.ts';

/** A thread that does not look at its cancel flag for so long is ended from outside. */
const CANCEL_TIMEOUT_MS = 3_000;

export interface ThreadRunOptions extends Pick<TrainingContext, 'onProgress' | 'onPoint'> {
  /** Aborting it cancels the run. */
  readonly signal: AbortSignal;
}

/** What a thread of a run tells. */
export type ThreadRunMessage<Result> =
  | { readonly kind: 'progress'; readonly fraction: number; readonly message: string }
  | { readonly kind: 'point'; readonly name: string; readonly step: number; readonly value: number }
  | { readonly kind: 'done'; readonly result: Result }
  /** An error loses its class on the way between threads. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly name: string; readonly path?: string };

/**
 * Runs something long in a thread of its own, so that the caller's event loop stays free. Arrays of `data` are read where
 * they are when they stand on SharedArrayBuffers, else copied.
 * @param data what the thread reads, beside a `cancelFlag`
 * @throws InvalidHyperparameters, TrainingImpossible, TrainingCancelled, or what else ended the thread
 */
export async function runInThread<Result>(
  name: ThreadName,
  data: object,
  { signal, onProgress, onPoint }: ThreadRunOptions,
): Promise<Result> {
  if (signal.aborted) throw new TrainingCancelled('The training was cancelled.');
  const cancelFlag = new Int32Array(new SharedArrayBuffer(4));
  const thread = openThread(name, { ...data, cancelFlag });
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    Atomics.store(cancelFlag, 0, 1);
    timer = setTimeout(() => void thread.terminate(), CANCEL_TIMEOUT_MS);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await new Promise<Result>((settle, fail) => {
      thread.on('message', (message: ThreadRunMessage<Result>) => {
        if (message.kind === 'progress') onProgress(message.fraction, message.message);
        else if (message.kind === 'point') onPoint(message.name, message.step, message.value);
        else if (message.kind === 'done') settle(message.result);
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

function restoreError({ error, name, path }: Extract<ThreadRunMessage<never>, { kind: 'failed' }>): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (name === 'TrainingCancelled') return new TrainingCancelled(message);
  if (name === 'TrainingImpossible') return new TrainingImpossible(message);
  if (name === 'InvalidHyperparameters') return new InvalidHyperparameters(path ?? '', message);
  return error;
}
