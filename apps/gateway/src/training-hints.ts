import { EventEmitter } from 'node:events';
import { type Listener, listen, TRAINING_CHANNEL } from '@sotto/database';

/** Wakes those who watch a training run when it moved. Listens on one connection, opened for the first of them. */
export class TrainingHints {
  readonly #url: string;
  readonly #onError: (error: unknown) => void;
  readonly #moved = new EventEmitter().setMaxListeners(0);
  #listener: Promise<Listener | undefined> | undefined;
  #isClosed = false;

  /** @param onError told when listening fails: those who watch go on looking by the clock */
  constructor(url: string, onError: (error: unknown) => void) {
    this.#url = url;
    this.#onError = onError;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the run may have moved, after `timeoutMs` at the latest, and when the gateway stops. */
  async wait(modelVersionId: string, timeoutMs: number): Promise<void> {
    this.#listener ??= this.#open();
    await this.#listener;
    if (this.#isClosed) return;
    await new Promise<void>((settle) => {
      const end = () => {
        clearTimeout(timer);
        this.#moved.off(modelVersionId, end).off('', end);
        settle();
      };
      const timer = setTimeout(end, timeoutMs);
      this.#moved.on(modelVersionId, end).on('', end);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#moved.emit('');
    await (await this.#listener)?.close();
  }

  async #open(): Promise<Listener | undefined> {
    try {
      // After a reconnect the payload is empty: any run may have moved.
      return await listen(this.#url, [TRAINING_CHANNEL], (_channel, id) => void this.#moved.emit(id));
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }
}
