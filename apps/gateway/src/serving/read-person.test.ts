import { randomBytes } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { ensureCustomer, identifyVisitor, recordGpcObjection, updateConsent } from '@sotto/shop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PersonReader } from './person-reader.ts';
import type { PersonQuery } from './read-person.ts';
import { createServing } from './serving.ts';
import {
  activateTrainedModel,
  addInteraction,
  ask,
  createCustomer,
  createProducts,
  describeTestProduct,
} from './testing/shop.ts';
import type { RecommendAnswer, Serving } from './types.ts';

const database = useDatabase();
const sku = (n: number) => describeTestProduct(n).sku;
const skusOf = (answer: RecommendAnswer) => answer.edges.map(({ product }) => product.sku);
let serving: Serving;

beforeAll(async () => {
  await createProducts(database.current, 0, 60);
  await activateTrainedModel(database.current);
  serving = await createServing({
    database: database.current,
    keys: { cursor: randomBytes(32) },
    logger: { error: (error: unknown) => expect.unreachable(String(error)) },
    clock: () => new Date(),
  });
});
afterAll(() => serving.close());

const GRANT = { purpose: 'PERSONALIZATION', isGranted: true } as const;

async function createVisitor() {
  const visitorHash = randomBytes(32);
  const person = { kind: 'visitor', visitorHash } as const;
  await updateConsent(database.current, person, GRANT, new Date());
  return {
    person,
    visitorHash,
    asker: { ...person, isGpc: false },
    add: async (...[sku, type, at]: [string, Parameters<typeof addInteraction>[3], number?]) => {
      const id = await ensureCustomer(database.current.pool, person, new Date());
      await addInteraction(database.current, id, sku, type, at);
    },
  };
}

describe('a visitor who is identified', () => {
  it('is known before, anonymous after, and known again once they grant again', async () => {
    const visitor = await createVisitor();
    const { asker: account } = await createCustomer(database.current);
    await visitor.add(sku(0), 'VIEW');
    const basis = async () => (await serving.recommend(ask(visitor.asker))).basis;
    expect(await basis()).toEqual({ level: 'PERSONAL', because: 'CONSENT' });
    const { visitorHash } = visitor;
    await identifyVisitor(database.current, { visitorHash, externalIdHash: account.externalIdHash }, new Date());
    expect(await basis()).toEqual({ level: 'NONE', because: 'NO_CONSENT' });
    await updateConsent(database.current, visitor.person, GRANT, new Date());
    expect(await basis()).toEqual({ level: 'NONE', because: 'NO_HISTORY' });
    await visitor.add(sku(3), 'VIEW');
    expect(await basis()).toEqual({ level: 'PERSONAL', because: 'CONSENT' });
  });

  it('changes no page that the account is reading', async () => {
    const visitor = await createVisitor();
    const { id, asker } = await createCustomer(database.current);
    for (const n of [0, 3]) await addInteraction(database.current, id, sku(n), 'VIEW');
    const whole = skusOf(await serving.recommend(ask(asker, { first: 30 })));
    for (const bought of [whole[2]!, whole[12]!, sku(1)]) await visitor.add(bought, 'PURCHASE');
    // The newest row of the account: everything of the visitor was received before it.
    await addInteraction(database.current, id, sku(6), 'VIEW');
    const expected = skusOf(await serving.recommend(ask(asker, { first: 30 })));
    const first = await serving.recommend(ask(asker, { first: 10 }));
    const { visitorHash } = visitor;
    const { externalIdHash } = asker;
    await identifyVisitor(database.current, { visitorHash, externalIdHash }, new Date());
    const after = first.edges.at(-1)!.cursor;
    const second = await serving.recommend(ask(asker, { first: 20, after }));
    expect([...skusOf(first), ...skusOf(second)]).toEqual(expected);
    expect(skusOf(await serving.recommend(ask(asker, { first: 30 })))).not.toContain(whole[12]);
  });

  it('is not personalized against the signal because the account granted before it', async () => {
    const visitor = await createVisitor();
    const account = { kind: 'customer', externalIdHash: randomBytes(32) } as const;
    await updateConsent(database.current, account, GRANT, new Date());
    await recordGpcObjection(database.current, visitor.person, { purposes: ['PERSONALIZATION'] }, new Date());
    await updateConsent(database.current, visitor.person, GRANT, new Date());
    await identifyVisitor(database.current, { ...visitor.person, ...account }, new Date());
    const { basis } = await serving.recommend(ask({ ...account, isGpc: true }));
    expect(basis).toEqual({ level: 'NONE', because: 'GLOBAL_PRIVACY_CONTROL' });
  });
});

describe('what a customer dislikes', () => {
  it('stays away however much they do afterwards, until they buy, like or rate it better', async () => {
    const { id, asker } = await createCustomer(database.current);
    const { rows } = await database.current.pool.query<{ id: number; sku: string }>('SELECT id, sku FROM product');
    const idOf = (n: number) => rows.find((row) => row.sku === sku(n))!.id;
    const start = Date.now() - 86_400_000;
    for (const n of [0, 3, 6, 9]) await addInteraction(database.current, id, sku(n), 'DISLIKE', start);
    await database.current.pool.query(
      `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at)
       SELECT $1, gen_random_uuid(), $2, 'VIEW', $3::timestamptz + n * interval '1 second' FROM generate_series(1, 300) n`,
      [id, idOf(12), new Date(start).toISOString()],
    );
    const read = async () => {
      const query: PersonQuery = { asker, purchaseDays: 0, impressionHours: 0, nowMs: Date.now() };
      const { history, dislikedProductIds } = await new PersonReader(database.current).read(query);
      expect(new Set(history.productIds)).toEqual(new Set([idOf(12)]));
      return [...dislikedProductIds].sort((left, right) => left - right);
    };
    expect(await read()).toEqual([0, 3, 6, 9].map(idOf));
    const { edges } = await serving.recommend(ask(asker, { first: 60 }));
    for (const n of [0, 3, 6, 9]) expect(edges.map(({ product }) => product.id)).not.toContain(idOf(n));
    for (const [n, type] of [
      [3, 'PURCHASE'],
      [6, 'LIKE'],
      [9, 'VIEW'],
    ] as const)
      await addInteraction(database.current, id, sku(n), type, start + 10);
    expect(await read()).toEqual([0, 9].map(idOf));
    for (const [rating, at] of [
      [4, 20],
      [1, 30],
    ] as const) {
      await database.current.pool.query(
        `INSERT INTO interaction (customer_id, event_id, product_id, type, rating, occurred_at)
         VALUES ($1, gen_random_uuid(), $2, 'RATING', $3, $4)`,
        [id, idOf(0), rating, new Date(start + at).toISOString()],
      );
      expect(await read()).toEqual((rating < 3 ? [0, 9] : [9]).map(idOf));
    }
  });
});

it('reads purchases of the days asked for, each product once, and nothing later than its watermark', async () => {
  const { id, asker } = await createCustomer(database.current);
  const nowMs = Date.now();
  const days = (count: number) => nowMs - count * 86_400_000;
  for (const [n, age] of [
    [1, 40],
    [2, 20],
    [1, 10],
    [3, 5],
  ] as const)
    await addInteraction(database.current, id, sku(n), 'PURCHASE', days(age));
  await addInteraction(database.current, id, sku(4), 'LIKE', days(1));
  const query: PersonQuery = { asker, purchaseDays: 30, impressionHours: 0, nowMs };
  const before = await new PersonReader(database.current).read(query);
  const agesOf = ({ purchases }: typeof before) =>
    Array.from(purchases.times, (s) => Math.round((nowMs / 1000 - s) / 86_400));
  expect(agesOf(before)).toEqual([5, 10, 20]);
  expect(agesOf(await new PersonReader(database.current).read({ ...query, purchaseDays: 0 }))).toEqual([]);
  expect(agesOf(await new PersonReader(database.current).read({ ...query, purchaseDays: 365 }))).toEqual([5, 10, 20]);
  await addInteraction(database.current, id, sku(5), 'PURCHASE', days(2));
  expect(agesOf(await new PersonReader(database.current).read({ ...query, watermarkUs: before.watermarkUs }))).toEqual([
    5, 10, 20,
  ]);
  expect(agesOf(await new PersonReader(database.current).read(query))).toEqual([2, 5, 10, 20]);
});
