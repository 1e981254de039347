import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppError } from '@sotto/shop';
import { pseudonymOf } from '@sotto/vault';
import { errors, jwtVerify } from 'jose';
import { BoundedCache } from '../bounded-cache.ts';

/** The customer that a token speaks for. */
export interface TokenCustomer {
  /** The shop's own id: never logged, never stored. */
  readonly externalId: string;
  readonly externalIdHash: Buffer;
}

interface Verified extends TokenCustomer {
  readonly expiresAtMs: number;
}

const AUDIENCE = 'sotto';
const CLOCK_TOLERANCE_SECONDS = 30;
const MAX_TOKEN_LENGTH = 4_096;
const MAX_SUBJECT_LENGTH = 200;
/** A signature takes longer to check than a page of recommendations to rank. */
const CACHED_TOKENS = 10_000;

/** Verifies customer tokens: JWT, HS256 with the shop's shared secret, `sub` the external id, `aud` sotto, `exp`. */
export class CustomerTokens {
  readonly #secret: KeyObject;
  readonly #pseudonymKey: Buffer;
  readonly #verified = new BoundedCache<Verified>(CACHED_TOKENS);

  constructor(secret: string, pseudonymKey: Buffer) {
    this.#secret = createSecretKey(Buffer.from(secret));
    this.#pseudonymKey = pseudonymKey;
  }

  /**
   * @param authorization the header's value
   * @throws AppError UNAUTHENTICATED for anything but a valid bearer token: a bad token is never taken for nobody
   */
  async verify(authorization: string, now: Date): Promise<TokenCustomer> {
    const [, token] = /^Bearer ([A-Za-z0-9._-]+)$/i.exec(authorization) ?? [];
    if (!token || token.length > MAX_TOKEN_LENGTH) throw refuse('must be "Bearer" and a JWT');
    const cached = this.#verified.get(token);
    if (cached && now.getTime() < cached.expiresAtMs) return cached;
    const customer = await this.#check(token, now);
    this.#verified.set(token, customer);
    return customer;
  }

  async #check(token: string, now: Date): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        algorithms: ['HS256'],
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now,
      });
      const { sub, exp } = payload;
      if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH || exp === undefined)
        throw refuse('has no usable sub');
      return {
        externalId: sub,
        externalIdHash: pseudonymOf(this.#pseudonymKey, 'customer', sub),
        expiresAtMs: (exp + CLOCK_TOLERANCE_SECONDS) * 1000,
      };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refuse('has expired');
      // A claim's name is public; what it holds is not repeated.
      if (error instanceof errors.JWTClaimValidationFailed) throw refuse(`has a wrong or missing ${error.claim}`);
      if (error instanceof errors.JOSEError) throw refuse('is not a JWT signed HS256 with the shop’s secret');
      throw error;
    }
  }
}

function refuse(what: string): AppError {
  return new AppError('UNAUTHENTICATED', `the customer token ${what}`);
}
