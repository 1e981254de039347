import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { generateApiKey, storeApiKey } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { PURPOSES, upsertProducts } from '@sotto/shop';
import { deriveShopKeys } from '@sotto/vault';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import { createLogger } from '../src/logging.ts';
import type { PrivacyReceiptShape } from '../src/privacy-receipt.ts';
import { createServer, type ServerDependencies } from '../src/server.ts';
import { createServing } from '../src/serving/serving.ts';
import type { Serving } from '../src/serving/types.ts';

export interface Answer<Data = Record<string, never>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: Data | null;
    readonly errors?: readonly {
      readonly message: string;
      readonly path?: readonly (string | number)[];
      readonly extensions: { readonly code: string; readonly path?: string };
    }[];
    readonly extensions?: { readonly privacy?: PrivacyReceiptShape };
  };
}

export interface AskOptions {
  readonly variables?: Record<string, unknown>;
  /** `publishable` unless said otherwise; null sends none. */
  readonly key?: 'publishable' | 'secret' | null;
  readonly headers?: Record<string, string>;
}

export const CUSTOMER_TOKEN_SECRET = randomBytes(32).toString('base64url');

/** A gateway on a port of its own over a database of its own, with two keys and a few products. */
export function useGateway(overrides: Partial<ServerDependencies> & { products?: readonly object[] } = {}) {
  const database = useDatabase();
  const keys = { publishable: generateApiKey('PUBLISHABLE'), secret: generateApiKey('SECRET') };
  const shopKeys = deriveShopKeys(randomBytes(32).toString('base64url'));
  const logLines: string[] = [];
  let server: FastifyInstance;
  let serving: Serving;
  let origin = '';

  const open = async () => {
    const logger = createLogger({ level: 'info', destination: { write: (line) => void logLines.push(line) } });
    const clock = () => new Date();
    serving = await createServing({ database: database.current, keys: shopKeys, logger, clock });
    server = await createServer({
      database: database.current,
      serving,
      keys: shopKeys,
      customerTokenSecret: CUSTOMER_TOKEN_SECRET,
      gpcPolicy: { purposes: PURPOSES },
      logger,
      isProduction: false,
      clock,
      ...overrides,
    });
    origin = await server.listen({ host: '127.0.0.1', port: 0 });
  };
  const close = async () => {
    await server.close();
    await serving.close();
  };
  beforeAll(async () => {
    for (const key of Object.values(keys)) await storeApiKey(database.current, key);
    await upsertProducts(database.current, overrides.products ?? PRODUCTS);
    await open();
  });
  afterAll(close);

  async function ask<Data = never>(query: string, options: AskOptions = {}): Promise<Answer<Data>> {
    const { variables, key = 'publishable', headers } = options;
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key ? { 'x-sotto-key': keys[key] } : {}),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer<Data>['body'],
    };
  }

  return {
    ask,
    /** Asks and expects no errors. */
    async read<Data>(query: string, options: AskOptions = {}): Promise<Data> {
      const { body } = await ask<Data>(query, options);
      if (body.errors || !body.data) throw new Error(JSON.stringify(body));
      return body.data;
    },
    /** Another gateway in its place: what one held in memory is gone. */
    async restart(): Promise<void> {
      await close();
      await open();
    },
    keys,
    logLines,
    get origin() {
      return origin;
    },
    get server() {
      return server;
    },
    get database() {
      return database.current;
    },
    get serving() {
      return serving;
    },
  };
}

export const PRODUCTS = ['tea', 'pot', 'cup', 'jam', 'mug'].map((sku, index) => ({
  sku,
  title: `A ${sku}`,
  brand: index % 2 === 0 ? 'Kettle & Co' : 'Larder',
  categories: ['Kitchen', index % 2 === 0 ? 'Tea' : 'Food'],
  price: `${index + 1}.50`,
  currency: 'EUR',
}));

/** What the shop's own backend does: HS256 over its claims. */
export function signToken(
  claims: Record<string, unknown>,
  { secret = CUSTOMER_TOKEN_SECRET, algorithm = 'HS256' } = {},
): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(claims)}`;
  if (algorithm === 'none') return `${head}.`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

export function asCustomer(externalId: string): Record<string, string> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return { authorization: `Bearer ${signToken({ sub: externalId, aud: 'sotto', exp })}` };
}

export function newVisitor(): Record<string, string> {
  return { 'x-sotto-visitor': randomBytes(16).toString('base64url') };
}

export function event(sku: string, type = 'VIEW', fields: Record<string, unknown> = {}) {
  return { eventId: randomUUID(), type, sku, ...fields };
}
