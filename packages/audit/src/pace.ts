import { setImmediate as nextTurn } from 'node:timers/promises';

/** Short beside the heartbeats and timeouts of a process that does other work as well. */
const SLICE_MS = 20;

/** A pause that costs nothing until the event loop has waited for a slice. Throws the signal's reason when it aborts. */
export function createPause(signal?: AbortSignal): () => Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < sliceEnd) return;
    await nextTurn();
    signal?.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  };
}
