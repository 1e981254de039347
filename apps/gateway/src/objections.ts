import type { Database } from '@sotto/database';
import { type GpcPolicy, type Person, recordGpcObjection } from '@sotto/shop';
import { BoundedCache } from './bounded-cache.ts';

/** People whose objection is known to be stored: their next requests cost nothing. */
const REMEMBERED_PEOPLE = 10_000;

/** Stores Global Privacy Control objections off the request's path. */
export class ObjectionRecorder {
  readonly #database: Pick<Database, 'pool'>;
  readonly #policy: GpcPolicy;
  readonly #onError: (error: unknown) => void;
  readonly #recorded = new BoundedCache<true>(REMEMBERED_PEOPLE);
  readonly #running = new Map<string, Promise<void>>();

  constructor(database: Pick<Database, 'pool'>, policy: GpcPolicy, onError: (error: unknown) => void) {
    this.#database = database;
    this.#policy = policy;
    this.#onError = onError;
  }

  /** Takes note that the person sent Sec-GPC: 1. Returns at once; what is stored already is not written again. */
  observe(person: Person, now: Date): void {
    const key = keyOf(person);
    if (this.#recorded.get(key) || this.#running.has(key)) return;
    const run = recordGpcObjection(this.#database, person, this.#policy, now)
      .then((isKnown) => {
        if (isKnown) this.#recorded.set(key, true);
      })
      .catch(this.#onError)
      .finally(() => this.#running.delete(key));
    this.#running.set(key, run);
  }

  /** After identify a visitor's id stands for an empty row, on which nothing is recorded yet. */
  forget(person: Person): void {
    this.#recorded.delete(keyOf(person));
  }

  /** Waits for what is under way. */
  async drain(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}

function keyOf(person: Person): string {
  return (person.kind === 'customer' ? person.externalIdHash : person.visitorHash).toString('base64');
}
