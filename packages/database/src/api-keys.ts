import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Database } from './client.ts';

/** A publishable key stands in storefront pages; a secret key stays on the shop's own servers. */
export type ApiKeyKind = 'PUBLISHABLE' | 'SECRET';

const PREFIXES: Record<ApiKeyKind, string> = { PUBLISHABLE: 'pk_', SECRET: 'sk_' };
const KEY_BYTES = 32;
/** 32 bytes in base64url. */
const KEY_PATTERN = /^(pk|sk)_[A-Za-z0-9_-]{43}$/;
/** Enough characters to tell keys apart in a list, far too few to guess one. */
const SHOWN_LENGTH = 9;

/** A new random key: `pk_` or `sk_` + 32 random bytes in base64url. */
export function generateApiKey(kind: ApiKeyKind): string {
  return PREFIXES[kind] + randomBytes(KEY_BYTES).toString('base64url');
}

export function isApiKey(text: string): boolean {
  return KEY_PATTERN.test(text);
}

/** What is stored of a key. SHA-256 suffices: 256 random bits cannot be searched. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/**
 * Stores a key's hash. Storing the same key again changes nothing.
 * @throws RangeError when the text is not a key
 */
export async function storeApiKey({ pool }: Pick<Database, 'pool'>, key: string): Promise<void> {
  if (!isApiKey(key)) throw new RangeError('an API key is pk_ or sk_ followed by 32 bytes in base64url');
  const kind: ApiKeyKind = key.startsWith(PREFIXES.SECRET) ? 'SECRET' : 'PUBLISHABLE';
  await pool.query(
    `INSERT INTO api_key (id, kind, hash, prefix) VALUES ($1, $2::key_kind, $3, $4) ON CONFLICT (hash) DO NOTHING`,
    [randomUUID(), kind, hashApiKey(key), key.slice(0, SHOWN_LENGTH)],
  );
}

/** A key as lists and ledgers may show it. */
export interface ApiKey {
  readonly kind: ApiKeyKind;
  /** The key's first characters. */
  readonly prefix: string;
}

/** @returns undefined when no such key exists or it was revoked. */
export async function findApiKey({ pool }: Pick<Database, 'pool'>, hash: Buffer): Promise<ApiKey | undefined> {
  const { rows } = await pool.query<ApiKey>({
    name: 'find-api-key',
    text: 'SELECT kind::text AS kind, prefix FROM api_key WHERE hash = $1 AND revoked_at IS NULL',
    values: [hash],
  });
  return rows[0];
}
