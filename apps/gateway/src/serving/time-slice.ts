import { setImmediate as yieldToRequests } from 'node:timers/promises';

const SLICE_MS = 4;

/** Work that lets requests through: await `rest` between pieces of much less than 4 ms. */
export class TimeSlice {
  #startedAt = performance.now();

  /** Undefined, to save the await, while the slice lasts. */
  rest(): Promise<void> | undefined {
    return performance.now() - this.#startedAt < SLICE_MS ? undefined : this.#yield();
  }

  async #yield(): Promise<void> {
    await yieldToRequests();
    this.#startedAt = performance.now();
  }
}
