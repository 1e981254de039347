import { type ApiKey, type Database, findApiKey, hashApiKey, isApiKey } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { BoundedCache } from '../bounded-cache.ts';

/** A revoked key stops working within this time. */
const CACHED_MS = 5_000;
const CACHED_KEYS = 1_000;

interface Cached {
  readonly found: Promise<ApiKey | undefined>;
  readonly until: number;
}

/** Answers what a key is, hence what it may do; asks the database at most once in 5 s for one key. */
export class ApiKeys {
  readonly #database: Pick<Database, 'pool'>;
  readonly #cache = new BoundedCache<Cached>(CACHED_KEYS);

  constructor(database: Pick<Database, 'pool'>) {
    this.#database = database;
  }

  /** @throws AppError UNAUTHENTICATED when the key is missing, malformed, unknown or revoked */
  async identify(key: string | undefined, nowMs: number): Promise<ApiKey> {
    if (key === undefined) throw new AppError('UNAUTHENTICATED', 'the X-Sotto-Key header is missing');
    const found = isApiKey(key) ? await this.#find(key, nowMs) : undefined;
    if (!found) throw new AppError('UNAUTHENTICATED', 'the X-Sotto-Key is unknown or revoked');
    return found;
  }

  #find(key: string, nowMs: number): Promise<ApiKey | undefined> {
    const hash = hashApiKey(key);
    const name = hash.toString('base64');
    const cached = this.#cache.get(name);
    if (cached && nowMs < cached.until) return cached.found;
    const found = findApiKey(this.#database, hash);
    this.#cache.set(name, { found, until: nowMs + CACHED_MS });
    found.catch(() => this.#cache.delete(name)); // a failed look-up says nothing about the key
    return found;
  }
}
