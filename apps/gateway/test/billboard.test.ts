import { randomUUID } from 'node:crypto';
import {
  claimTraining,
  findModelVersion,
  finishTraining,
  insertTraining,
  inTransaction,
  readCatalogueContent,
} from '@sotto/database';
import {
  type Interactions,
  type PrivateAlgorithm,
  planPrivateAls,
  releaseInThread,
  trainPrivateAlsInThread,
  trainPrivateInThread,
} from '@sotto/recommender/training';
import { describe, expect, it } from 'vitest';
import { describeTestProduct } from '../src/serving/testing/shop.ts';
import { GET_VIEWER, LIST_PRODUCTS, RECOMMEND, RECORD_EVENTS, RELATED, UPDATE_CONSENT } from './documents.ts';
import { asCustomer, event, newVisitor, useGateway } from './harness.ts';

const PRODUCT_COUNT = 60;
/** Aisle of a test product: its number modulo 3. */
const AISLES = 3;
const ACCOUNTS = 400;
const EPSILON = '4';
const DELTA = '0.000001';
const PURCHASE = 2;
const NOW = Math.floor(Date.now() / 1000);

const gateway = useGateway({ products: Array.from({ length: PRODUCT_COUNT }, (_, n) => describeTestProduct(n)) });
const db = () => gateway.database;
const skuOf = (n: number) => describeTestProduct(n).sku;

const OWN_SKUS = [0, 3, 6, 30].map(skuOf);
const people = {
  customer: asCustomer('ann'),
  visitor: newVisitor(),
  'a visitor without consent': newVisitor(),
  nobody: {},
};

/** What others bought: twelve products of an aisle each, so that there is taste to learn. */
function drawOthers(): readonly (readonly number[])[] {
  return Array.from({ length: ACCOUNTS }, (_, account) =>
    Array.from(
      { length: 12 },
      (_, at) => (account % AISLES) + AISLES * ((account * 7 + at * 5) % (PRODUCT_COUNT / AISLES)),
    ),
  );
}

/** Products by number are items by number: they were created in their order. */
function toInteractions(accounts: readonly (readonly number[])[]): Interactions {
  const rowCount = accounts.reduce((sum, { length }) => sum + length, 0);
  const userPtr = new Int32Array(accounts.length + 1);
  for (const [user, items] of accounts.entries()) userPtr[user + 1] = userPtr[user]! + items.length;
  return {
    userCount: accounts.length,
    itemCount: PRODUCT_COUNT,
    userPtr,
    itemIdx: Int32Array.from(accounts.flat()),
    kind: new Uint8Array(rowCount).fill(PURCHASE),
    time: new Uint32Array(rowCount).fill(NOW - 86_400),
  };
}

async function plantOthers(accounts: readonly (readonly number[])[]): Promise<void> {
  for (const items of accounts)
    await db().pool.query(
      `WITH account AS (
         INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
         VALUES (gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), '2020-01', 7) RETURNING id
       )
       INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at)
       SELECT account.id, gen_random_uuid(), product.id, 'PURCHASE', now() - interval '1 day'
       FROM account, product WHERE product.sku = ANY ($1)`,
      [items.map(skuOf)],
    );
}

async function activatePrivateModel(algorithm: PrivateAlgorithm, accounts: readonly (readonly number[])[]) {
  const products = await readCatalogueContent(db());
  const productIds = Int32Array.from(products, ({ id }) => id);
  const catalogue = {
    categories: products.map(({ categories }) => categories),
    brands: products.map(({ brand }) => brand),
    prices: products.map(({ price }) => price),
    titles: products.map(({ title }) => title),
  };
  const input = { interactions: toInteractions(accounts), productIds, now: NOW };
  const options = {
    threads: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onPoint: () => undefined,
  };
  const train = async () => {
    if (algorithm === 'private-ials') {
      const plan = planPrivateAls({ epsilon: EPSILON, delta: DELTA, itemCount: PRODUCT_COUNT });
      return trainPrivateAlsInThread({ ...input, catalogue }, plan, { ...options, seed: 1 });
    }
    const request = { epsilon: EPSILON, delta: DELTA, previous: undefined, input };
    const statistics = [await releaseInThread(request, options)];
    return trainPrivateInThread(
      { algorithm, hyperparameters: {}, statistics, catalogue, productIds },
      { ...options, seed: 1 },
    );
  };
  const { artifact } = await train();
  const version = { algorithm, hyperparameters: {}, privacyLevel: 'DIFFERENTIAL', shouldActivate: true } as const;
  const id = await inTransaction(db(), (tx) => insertTraining(tx, { ...version, requestedBy: 'test' }));
  const run = { modelVersionId: id, workerId: randomUUID() };
  await claimTraining(db(), run, { staleAfterMs: 30_000, device: 'cpu' });
  const lineage = { releaseIds: [randomUUID()], epsilon: EPSILON, delta: DELTA };
  await finishTraining(db(), run, { artifact, metrics: [], lineage, progress: 1, points: [], lines: [] });
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'ACTIVE' });
  await gateway.serving.refresh();
}

interface Page {
  readonly recommendations: { readonly pageInfo: { readonly endCursor: string } };
}

/** A cursor holds its list's random id and the moment it was ranked at, so both go with the recommendationId. */
const withoutIds = (text: string) =>
  text.replace(/"(recommendationId|cursor|startCursor|endCursor)":"[^"]*"/g, '"$1":""');

/** Every question that somebody may ask of a storefront, and the answers as they came over the wire. */
async function askEverything(cursors?: ReadonlyMap<string, string>) {
  const answers = new Map<string, string>();
  const endCursors = new Map<string, string>();
  const ask = async (name: string, query: string, headers: Record<string, string>, variables: object) => {
    const { body } = await gateway.ask<Page>(query, { headers, variables: { ...variables } });
    expect(body.errors, name).toBeUndefined();
    answers.set(name, withoutIds(JSON.stringify(body)));
    return body.data;
  };
  for (const [who, headers] of Object.entries(people)) {
    for (const [placement, context] of Object.entries(PLACEMENTS)) {
      const variables = { placement, first: 5, context };
      const name = `${placement} for ${who}`;
      const page = await ask(name, RECOMMEND, headers, variables);
      const end = page?.recommendations.pageInfo.endCursor;
      if (end) endCursors.set(name, end);
      // The next page of the list that was begun before: with its cursor the whole answer is the same, ids and all.
      const after = cursors?.get(name) ?? end;
      if (!after) continue;
      const { body } = await gateway.ask(RECOMMEND, { headers, variables: { ...variables, after } });
      expect(body.errors, name).toBeUndefined();
      answers.set(`${name}, page 2`, JSON.stringify(body));
    }
    for (const intent of ['RELATED', 'COMPLEMENTARY'])
      await ask(`${intent} for ${who}`, RELATED, headers, { sku: skuOf(9), intent });
    await ask(`products for ${who}`, LIST_PRODUCTS, headers, { first: 20 });
    if (who !== 'nobody') await ask(`viewer for ${who}`, GET_VIEWER, headers, { first: 10 });
  }
  return { answers, endCursors };
}

const PLACEMENTS = {
  home: {},
  product: { productSku: skuOf(9) },
  cart: { cartSkus: [skuOf(9), skuOf(10)] },
  'recently-viewed': {},
  'buy-again': {},
  trending: {},
  search: { searchText: 'kettle' },
};

async function prepareAskers(): Promise<void> {
  for (const who of ['customer', 'visitor'] as const) {
    const headers = people[who];
    const consent = { input: { purpose: 'PERSONALIZATION', isGranted: true } };
    await gateway.read(UPDATE_CONSENT, { headers, variables: consent });
    const events = [
      ...OWN_SKUS.map((sku) => event(sku, 'PURCHASE')),
      ...[12, 15, 18].map((n) => event(skuOf(n), 'VIEW')),
      event(skuOf(21), 'DISLIKE'),
      event(skuOf(24), 'IMPRESSION'),
    ];
    await gateway.read(RECORD_EVENTS, { headers, variables: { events } });
  }
}

describe.each(['private-ease', 'private-popularity', 'private-ials'] as const)('with %s', (algorithm) => {
  it('answers byte for byte the same after every other account is gone', { timeout: 120_000 }, async () => {
    const others = drawOthers();
    await plantOthers(others);
    await prepareAskers();
    await activatePrivateModel(algorithm, others);
    const before = await askEverything();
    expect(before.answers.get('home for customer')).toContain('"level":"PERSONAL"');
    expect(before.answers.get('home for customer')).toContain(`"algorithm":"${algorithm}"`);
    expect([...before.endCursors.keys()]).toContain('home for customer');
    // Nobody in particular may have bought both, so no answer says so.
    expect([...before.answers.values()].join()).not.toMatch(/also chose this|Bought together with/);

    // Everybody but the two askers, by whatever they left.
    const { rows } = await db().pool.query(
      `DELETE FROM customer WHERE consent_mask & 1 <> 0 AND cohort = '2020-01' RETURNING id`,
    );
    expect(rows).toHaveLength(ACCOUNTS);
    for (const table of ['interaction', 'impression'])
      await db().pool.query(`DELETE FROM ${table} WHERE customer_id = ANY ($1::uuid[])`, [rows.map(({ id }) => id)]);
    await gateway.serving.refresh();
    const after = await askEverything(before.endCursors);
    expect(after.answers).toEqual(before.answers);

    // And from a gateway that never saw them.
    await gateway.restart();
    const anew = await askEverything();
    const lists = (answers: ReadonlyMap<string, string>) =>
      new Map([...answers].filter(([name]) => !name.endsWith('page 2')));
    expect(lists(anew.answers)).toEqual(lists(before.answers));
  });
});
