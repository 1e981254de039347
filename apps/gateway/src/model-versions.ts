import { type Database, findModelVersion, type ModelVersion } from '@sotto/database';
import { BoundedCache } from './bounded-cache.ts';

/** Answers name their model at every request, and it changes a few times a day. */
const CACHED_MS = 2_000;
const CACHED_VERSIONS = 16;

interface Cached {
  readonly version: Promise<ModelVersion | undefined>;
  readonly until: number;
}

/** Model versions by id, at most 2 s old. */
export class ModelVersions {
  readonly #database: Database;
  readonly #clock: () => Date;
  readonly #cache = new BoundedCache<Cached>(CACHED_VERSIONS);

  constructor(database: Database, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  find(id: string): Promise<ModelVersion | undefined> {
    const now = this.#clock().getTime();
    const cached = this.#cache.get(id);
    if (cached && now < cached.until) return cached.version;
    const version = findModelVersion(this.#database, id);
    this.#cache.set(id, { version, until: now + CACHED_MS });
    version.catch(() => this.#cache.delete(id)); // the next request asks again
    return version;
  }

  /** After a change of status here, which the caller expects to see. */
  forgetAll(): void {
    this.#cache.clear();
  }
}
