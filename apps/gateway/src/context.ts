import type { IncomingHttpHeaders } from 'node:http';
import type { Database } from '@sotto/database';
import { AppError, type GpcPolicy, type Person } from '@sotto/shop';
import { pseudonymOf, type ShopKeys } from '@sotto/vault';
import type { Logger } from 'pino';
import type { ApiKeys } from './authentication/api-keys.ts';
import type { CustomerTokens, TokenCustomer } from './authentication/customer-tokens.ts';
import { requireVisitorId } from './authentication/visitor-ids.ts';
import type { ModelVersions } from './model-versions.ts';
import type { ObjectionRecorder } from './objections.ts';
import type { PrivacyReceipt } from './privacy-receipt.ts';
import type { Asker, CatalogueProduct, Serving } from './serving/types.ts';
import type { Slots } from './slots.ts';
import type { TrainingHints } from './training-hints.ts';

export type FindProduct = (sku: string) => CatalogueProduct | undefined | Promise<CatalogueProduct | undefined>;

/** What resolvers work with, the same for every request. */
export interface Services {
  readonly database: Database;
  readonly serving: Serving;
  /** How `product(sku)` is looked up. */
  readonly findProduct: FindProduct;
  readonly keys: ShopKeys;
  readonly gpcPolicy: GpcPolicy;
  readonly objections: ObjectionRecorder;
  readonly apiKeys: ApiKeys;
  readonly customerTokens: CustomerTokens;
  readonly modelVersions: ModelVersions;
  readonly trainingHints: TrainingHints;
  /** Questions that are answered at once: each holds a connection while it reads the shop. */
  readonly askSlots: Slots;
  readonly logger: Pick<Logger, 'error'>;
  clock(): Date;
}

/** Who is asking, as the headers say. */
export interface Caller {
  readonly isSecretKey: boolean;
  /** Whose asking the privacy ledger names: the API key, by its first characters. */
  readonly askedBy: string;
  readonly customer: TokenCustomer | undefined;
  readonly visitorHash: Buffer | undefined;
  /** Sec-GPC: 1 */
  readonly isGpc: boolean;
  /** Whose request it is: the token's customer, else the visitor. */
  readonly person: Person | undefined;
}

export interface Context {
  readonly services: Services;
  readonly caller: Caller;
  readonly requestId: string;
  /** What the request spends of the privacy budget; its answer tells. */
  readonly receipt: PrivacyReceipt;
  /** What the request's log line says. */
  readonly operation: { name?: string | undefined; type?: string | undefined; errorCodes?: readonly string[] };
}

/**
 * @throws AppError UNAUTHENTICATED for a missing or unknown key or a bad token, BAD_INPUT for a guessable visitor id
 */
export async function identifyCaller(services: Services, headers: IncomingHttpHeaders): Promise<Caller> {
  const now = services.clock();
  const { kind, prefix } = await services.apiKeys.identify(readHeader(headers, 'x-sotto-key'), now.getTime());
  const authorization = readHeader(headers, 'authorization');
  const customer = authorization === undefined ? undefined : await services.customerTokens.verify(authorization, now);
  const visitorId = readHeader(headers, 'x-sotto-visitor');
  if (visitorId !== undefined) requireVisitorId(visitorId);
  const visitorHash = visitorId === undefined ? undefined : pseudonymOf(services.keys.pseudonym, 'visitor', visitorId);
  return {
    isSecretKey: kind === 'SECRET',
    askedBy: `key:${prefix}`,
    customer,
    visitorHash,
    isGpc: readHeader(headers, 'sec-gpc') === '1',
    person: findPerson(customer, visitorHash),
  };
}

function findPerson(customer: TokenCustomer | undefined, visitorHash: Buffer | undefined): Person | undefined {
  if (customer) return { kind: 'customer', externalIdHash: customer.externalIdHash };
  return visitorHash ? { kind: 'visitor', visitorHash } : undefined;
}

/** Who recommendations are for. The signal counts here only when it objects to personalization. */
export function askerOf({ services, caller: { person, ...caller } }: Context): Asker {
  const isGpc = caller.isGpc && services.gpcPolicy.purposes.includes('PERSONALIZATION');
  return person ? { ...person, isGpc } : { kind: 'nobody', isGpc };
}

/** @throws AppError UNAUTHENTICATED when nobody is meant */
export function requirePerson({ person }: Caller): Person {
  if (!person) throw new AppError('UNAUTHENTICATED', 'send a customer token or the X-Sotto-Visitor header');
  return person;
}

function readHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
