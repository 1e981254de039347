import { createHmac } from 'node:crypto';

/** What an external id names: the same string as a customer and as a visitor gives unrelated pseudonyms. */
export type PseudonymDomain = 'customer' | 'visitor';

/**
 * Keyed hash under which an external id is stored and looked up (HMAC-SHA256): without the key nobody can test
 * whether somebody is a customer.
 * @returns 32 bytes
 */
export function pseudonymOf(key: Buffer, domain: PseudonymDomain, externalId: string): Buffer {
  return createHmac('sha256', key).update(`${domain}\0${externalId}`).digest();
}
