import { randomUUID } from 'node:crypto';
import { activateModel, type Database, inTransaction, writeArtifact } from '@sotto/database';
import { encodeArtifact } from '@sotto/recommender/serving';
import { type Algorithm, INTERACTION_KINDS, type InteractionKind, trainModel } from '@sotto/recommender/training';
import { upsertProducts } from '@sotto/shop';
import type { Asker, RecommendRequest } from '../types.ts';

/** Deterministic noise for made-up shops. */
export function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const KINDS = [
  ['Shoe', 'Boot', 'Sandal', 'Sneaker'],
  ['Kettle', 'Toaster', 'Pan', 'Grill'],
  ['Novel', 'Atlas', 'Diary', 'Comic'],
];
const AISLES = ['Footwear', 'Kitchen', 'Books'];
const COLOURS = ['red', 'blue', 'green', 'black', 'white'];

/** A product of a made-up shop: number n is of aisle n % 3. */
export function describeTestProduct(n: number) {
  const aisle = n % AISLES.length;
  const kind = KINDS[aisle]![Math.floor(n / AISLES.length) % 4]!;
  return {
    sku: `sku-${String(n).padStart(5, '0')}`,
    title: `${COLOURS[n % 5]} ${kind} ${Math.floor(n / 12)}`,
    brand: `Brand ${n % 7}`,
    categories: [AISLES[aisle]!, kind],
    price: `${5 + (n % 40)}.5`,
    currency: 'EUR',
  };
}

export async function createProducts(database: Database, from: number, until: number): Promise<void> {
  for (let start = from; start < until; start += 500) {
    const numbers = Array.from({ length: Math.min(500, until - start) }, (_, at) => start + at);
    const { rejected } = await upsertProducts(database, numbers.map(describeTestProduct));
    if (rejected.length > 0) throw new Error(rejected[0]!.message);
  }
}

export interface TestCustomer {
  readonly id: string;
  readonly asker: Extract<Asker, { kind: 'customer' }>;
}

export async function createCustomer(
  { pool }: Database,
  { consentMask = 7, gpcMask = 0, gpcRecordedMask = 0 } = {},
): Promise<TestCustomer> {
  const id = randomUUID();
  const externalIdHash = Buffer.from((randomUUID() + randomUUID()).replaceAll('-', ''), 'hex');
  await pool.query(
    `INSERT INTO customer (id, external_id_hash, cohort, consent_mask, gpc_mask, gpc_recorded_mask)
     VALUES ($1, $2, '2026-01', $3, $4, $5)`,
    [id, externalIdHash, consentMask, gpcMask, gpcRecordedMask],
  );
  return { id, asker: { kind: 'customer', externalIdHash, isGpc: false } };
}

/** @param at milliseconds since 1970 */
export async function addInteraction(
  { pool }: Database,
  customerId: string,
  sku: string,
  type: InteractionKind,
  at: number = Date.now(),
): Promise<void> {
  const { rowCount } = await pool.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at)
     SELECT $1, $2, id, $4::event_type, $5 FROM product WHERE sku = $3`,
    [customerId, randomUUID(), sku, type, new Date(at).toISOString()],
  );
  if (rowCount !== 1) throw new Error(`no product ${sku}`);
}

/**
 * Trains on made-up users who each keep to one aisle, and activates the version.
 * @param until products below this number are known to the model
 * @returns the version's id
 */
export async function activateTrainedModel(
  database: Database,
  { algorithm = 'item-cosine' as Algorithm, until = 60, seed = 1, userCount = 300 } = {},
): Promise<string> {
  const { rows } = await database.pool.query<{ id: number; sku: string }>(
    'SELECT id, sku FROM product WHERE sku < $1 ORDER BY id',
    [describeTestProduct(until).sku],
  );
  const aisles = AISLES.map((_, aisle) =>
    rows.flatMap(({ sku }, item) => (Number(sku.slice(4)) % AISLES.length === aisle ? [item] : [])),
  );
  const noise = createNoise(seed);
  const now = Math.floor(Date.now() / 1000);
  const userPtr = [0];
  const itemIdx: number[] = [];
  const kind: number[] = [];
  const time: number[] = [];
  for (let user = 0; user < userCount; user++) {
    const aisle = aisles[user % AISLES.length]!;
    const count = 6 + Math.floor(noise() * 8);
    for (let row = 0; row < count; row++) {
      // Squared: some products are more popular than others.
      itemIdx.push(aisle[Math.floor(noise() ** 2 * aisle.length)]!);
      kind.push(INTERACTION_KINDS.indexOf(noise() < 0.4 ? 'PURCHASE' : 'VIEW'));
      time.push(now - 86_400 * 20 + row * 43_200 + user);
    }
    userPtr.push(itemIdx.length);
  }
  const model = await trainModel(
    algorithm,
    algorithm === 'ials' ? { rank: 16, iterations: 3 } : {},
    {
      interactions: {
        userCount,
        itemCount: rows.length,
        userPtr: Int32Array.from(userPtr),
        itemIdx: Int32Array.from(itemIdx),
        kind: Uint8Array.from(kind),
        time: Uint32Array.from(time),
      },
      productIds: Int32Array.from(rows, ({ id }) => id),
      now,
    },
    {
      seed,
      threads: 1,
      cancelFlag: new Int32Array(new SharedArrayBuffer(4)),
      onProgress: () => undefined,
      onPoint: () => undefined,
    },
  );
  return activateArtifact(database, algorithm, encodeArtifact(model));
}

/** Stores an artifact as a READY version and activates it. */
export async function activateArtifact(database: Database, algorithm: string, artifact: Uint8Array): Promise<string> {
  const id = randomUUID();
  await inTransaction(database, async (tx) => {
    await tx.query(
      `INSERT INTO model_version (id, algorithm, status, hyperparameters, privacy_level, requested_by)
       VALUES ($1, $2, 'READY', '{}', 'NONE', 'test')`,
      [id, algorithm],
    );
    await writeArtifact(tx, id, artifact);
  });
  const { kind } = await activateModel(database, id);
  if (kind !== 'activated') throw new Error(`the version was not activated: ${kind}`);
  return id;
}

export function ask(
  asker: Asker,
  request: Partial<Omit<RecommendRequest, 'asker'>> & { placement?: string } = {},
): RecommendRequest {
  const { placement = 'home', ...rest } = request;
  return { target: { placement }, first: 10, context: {}, filter: {}, ...rest, asker };
}

export const NOBODY: Asker = { kind: 'nobody', isGpc: false };
