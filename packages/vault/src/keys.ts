import { hkdfSync } from 'node:crypto';

/** Keys for one purpose each, all derived from the shop's master key. */
export interface ShopKeys {
  /** Turns external ids into pseudonyms. Losing it orphans every account. */
  readonly pseudonym: Buffer;
  /** Signs page cursors. */
  readonly cursor: Buffer;
}

const MASTER_KEY_BYTES = 32;

/**
 * Derives the shop's keys (HKDF-SHA256, RFC 5869, one info string a purpose).
 * @param masterKey 32 random bytes, base64url
 * @throws RangeError when it is not 32 bytes
 */
export function deriveShopKeys(masterKey: string): ShopKeys {
  const master = Buffer.from(masterKey, 'base64url');
  if (master.length !== MASTER_KEY_BYTES)
    throw new RangeError(
      `the master key must be ${MASTER_KEY_BYTES} bytes in base64url, this one has ${master.length}`,
    );
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', master, '', `sotto ${purpose} v1`, 32));
  return { pseudonym: derive('pseudonym'), cursor: derive('cursor') };
}
