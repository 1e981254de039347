import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import {
  activateModel,
  type Cluster,
  type Database,
  generateApiKey,
  inTransaction,
  migrateDatabase,
  openDatabase,
  storeApiKey,
  writeArtifact,
} from '@sotto/database';
import { createRandom, INTERACTION_KINDS, type Interactions, trainInThread } from '@sotto/recommender/training';
import { upsertProducts } from '@sotto/shop';
import { deriveShopKeys, pseudonymOf } from '@sotto/vault';
import { openScratchCluster } from '../../local/scratch-cluster.ts';

/** A shop in a database of its own, gone when it is closed. */
export interface BenchShop {
  readonly database: Database;
  /** What a gateway process needs. */
  readonly env: NodeJS.ProcessEnv;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly skus: readonly string[];
  /** External ids of customers with consent and a history. */
  readonly customers: readonly string[];
  /** A customer token, valid for an hour. */
  signToken(externalId: string): string;
  close(): Promise<void>;
}

export interface BenchShopOptions {
  readonly productCount: number;
  readonly customerCount: number;
  /** Interactions of a customer: so many on average, between half and three times as many. */
  readonly meanHistory: number;
}

const ROWS_PER_STATEMENT = 20_000;
const AISLES = 40;
const KIND_CHANCES = [0.7, 0.85, 0.97, 0.98, 0.99, 1];
const SECONDS_PER_DAY = 86_400;

/** Creates the shop: products in aisles, customers who keep mostly to a few of them, no model. */
export async function createBenchShop(options: BenchShopOptions): Promise<BenchShop> {
  const cluster = await openScratchCluster('bench');
  try {
    return await fillBenchShop(cluster, options);
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function fillBenchShop(cluster: Pick<Cluster, 'url' | 'close'>, options: BenchShopOptions): Promise<BenchShop> {
  await migrateDatabase(cluster.url);
  const database = openDatabase({ url: cluster.url, applicationName: 'sotto-bench-client' });
  const masterKey = randomBytes(32).toString('base64url');
  const tokenSecret = randomBytes(32).toString('base64url');
  const publishableKey = generateApiKey('PUBLISHABLE');
  const secretKey = generateApiKey('SECRET');
  await storeApiKey(database, publishableKey);
  await storeApiKey(database, secretKey);
  const skus = await createProducts(database, options.productCount);
  const customers = await createCustomers(database, deriveShopKeys(masterKey).pseudonym, options.customerCount);
  return {
    database,
    env: { DATABASE_URL: cluster.url, SOTTO_MASTER_KEY: masterKey, SOTTO_CUSTOMER_TOKEN_SECRET: tokenSecret },
    publishableKey,
    secretKey,
    skus,
    customers,
    signToken: (externalId) => signToken(tokenSecret, externalId),
    async close() {
      await database.close();
      await cluster.close();
    },
  };
}

async function createProducts(database: Database, count: number): Promise<string[]> {
  const skus: string[] = [];
  for (let start = 0; start < count; start += 500) {
    const products = Array.from({ length: Math.min(500, count - start) }, (_, at) => describeProduct(start + at));
    await upsertProducts(database, products);
    skus.push(...products.map(({ sku }) => sku));
  }
  return skus;
}

function describeProduct(number: number) {
  const aisle = number % AISLES;
  return {
    sku: `bench-${number}`,
    title: `${['Plain', 'Fine', 'Large', 'Small', 'Old'][number % 5]} article ${number} of aisle ${aisle}`,
    description: 'An article that exists to be recommended. '.repeat(5),
    brand: `Brand ${number % 97}`,
    categories: [`Department ${aisle % 8}`, `Aisle ${aisle}`],
    price: `${1 + (number % 200)}.99`,
    currency: 'EUR',
    imageUrl: `https://shop.example/images/${number}.jpg`,
  };
}

async function createCustomers(database: Database, pseudonymKey: Buffer, count: number): Promise<string[]> {
  const externalIds = Array.from({ length: count }, (_, number) => `customer-${number}`);
  await database.pool.query(
    `INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
     SELECT id, hash, '2026-01', 7 FROM unnest($1::uuid[], $2::bytea[]) AS given (id, hash)`,
    [externalIds.map(() => randomUUID()), externalIds.map((id) => pseudonymOf(pseudonymKey, 'customer', id))],
  );
  return externalIds;
}

/**
 * Gives every customer a history.
 * @returns the same as a model trains on, and the product id of each of its items
 */
export async function createHistories(
  { database }: BenchShop,
  { meanHistory }: BenchShopOptions,
): Promise<{ interactions: Interactions; productIds: Int32Array }> {
  const { rows: products } = await database.pool.query<{ id: number }>('SELECT id FROM product ORDER BY id');
  const { rows: customers } = await database.pool.query<{ id: string }>('SELECT id FROM customer ORDER BY id');
  const random = createRandom(1);
  const now = Math.floor(Date.now() / 1000);
  const rows: { customer: number; item: number; kind: number; time: number }[] = [];
  for (const customer of customers.keys()) {
    const length = Math.round(meanHistory * (0.5 + 2.5 * random() ** 4));
    const home = Math.floor(random() * AISLES);
    let time = now - 120 * SECONDS_PER_DAY * random() - SECONDS_PER_DAY;
    for (let row = 0; row < length; row++) {
      const aisle = random() < 0.8 ? (home + Math.floor(random() * 3)) % AISLES : Math.floor(random() * AISLES);
      // Squared: in every aisle some articles are far more popular.
      const item = aisle + AISLES * Math.floor(random() ** 2 * Math.floor(products.length / AISLES));
      const chance = random();
      time += ((now - time) / (length - row)) * random();
      rows.push({ customer, item, kind: KIND_CHANCES.findIndex((limit) => chance <= limit), time: Math.floor(time) });
    }
  }
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const part = rows.slice(start, start + ROWS_PER_STATEMENT);
    await database.pool.query(
      `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at)
       SELECT customer_id, gen_random_uuid(), product_id, type::event_type, to_timestamp(time)
       FROM unnest($1::uuid[], $2::int[], $3::text[], $4::float8[]) AS given (customer_id, product_id, type, time)`,
      [
        part.map(({ customer }) => customers[customer]!.id),
        part.map(({ item }) => products[item]!.id),
        part.map(({ kind }) => INTERACTION_KINDS[kind]),
        part.map(({ time }) => time),
      ],
    );
  }
  await database.pool.query('VACUUM (ANALYZE) interaction');
  await database.pool.query('ANALYZE customer');
  const userPtr = new Int32Array(customers.length + 1);
  for (const { customer } of rows) userPtr[customer + 1]!++;
  for (let user = 0; user < customers.length; user++) userPtr[user + 1]! += userPtr[user]!;
  return {
    interactions: {
      userCount: customers.length,
      itemCount: products.length,
      userPtr,
      itemIdx: Int32Array.from(rows, ({ item }) => item),
      kind: Uint8Array.from(rows, ({ kind }) => kind),
      time: Uint32Array.from(rows, ({ time }) => time),
    },
    productIds: Int32Array.from(products, ({ id }) => id),
  };
}

/** Trains an implicit ALS of rank 64 and activates it, by the way a worker's goes: artifact, rows, pointer. */
export async function activateBenchModel(
  { database }: BenchShop,
  input: { interactions: Interactions; productIds: Int32Array },
): Promise<void> {
  const { artifact } = await trainInThread(
    'ials',
    { rank: 64, iterations: 4 },
    { ...input, now: Math.floor(Date.now() / 1000) },
    {
      seed: 1,
      threads: 2,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onPoint: () => undefined,
    },
  );
  const id = randomUUID();
  await inTransaction(database, async (tx) => {
    await tx.query(
      `INSERT INTO model_version (id, algorithm, status, hyperparameters, privacy_level, requested_by)
       VALUES ($1, 'ials', 'READY', '{}', 'NONE', 'bench')`,
      [id],
    );
    await writeArtifact(tx, id, artifact);
  });
  await activateModel(database, id);
}

/** A JSON Web Token, HS256. */
function signToken(secret: string, externalId: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: externalId, aud: 'sotto', exp })}`;
  return `${signed}.${createHmac('sha256', Buffer.from(secret)).update(signed).digest('base64url')}`;
}
