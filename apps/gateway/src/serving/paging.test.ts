import { randomBytes } from 'node:crypto';
import { activateModel, upsertPlacement } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { deleteProducts, upsertProducts } from '@sotto/shop';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServing } from './serving.ts';
import {
  activateTrainedModel,
  addInteraction,
  ask,
  createCustomer,
  createProducts,
  describeTestProduct,
  NOBODY,
  type TestCustomer,
} from './testing/shop.ts';
import type { RecommendAnswer, RecommendRequest, Serving } from './types.ts';

const database = useDatabase();
const PRODUCTS = 120;
const keys = { cursor: randomBytes(32) };
const errors: unknown[] = [];
let nowMs = Date.now();
let serving: Serving;

const open = () =>
  createServing({
    database: database.current,
    keys,
    logger: { error: (e: unknown) => errors.push(e) },
    clock: () => new Date(nowMs),
  });
const skusOf = (answer: RecommendAnswer) => answer.edges.map(({ product }) => product.sku);
const sku = (n: number) => describeTestProduct(n).sku;
const lastCursor = (answer: RecommendAnswer) => answer.edges.at(-1)!.cursor;

async function createShopper(): Promise<TestCustomer> {
  const customer = await createCustomer(database.current);
  for (const n of [0, 3, 12]) await addInteraction(database.current, customer.id, sku(n), 'VIEW');
  return customer;
}

/** Every page of a list, `between` called after each. */
async function readAll(
  request: RecommendRequest,
  between: (page: RecommendAnswer, number: number) => Promise<unknown> = async () => undefined,
): Promise<RecommendAnswer[]> {
  const pages: RecommendAnswer[] = [];
  let after: string | undefined;
  do {
    const page = await serving.recommend({ ...request, ...(after !== undefined && { after }) });
    pages.push(page);
    if (!page.hasNextPage) break;
    after = lastCursor(page);
    await between(page, pages.length);
  } while (pages.length < 100);
  return pages;
}

beforeAll(async () => {
  await createProducts(database.current, 0, PRODUCTS);
  await activateTrainedModel(database.current, { until: 90 });
  serving = await open();
});
afterAll(async () => {
  await serving.close();
  expect(errors).toEqual([]);
});

it('cuts one list into pages of any size', async () => {
  const { asker } = await createShopper();
  const whole = await serving.recommend(ask(asker, { first: 100 }));
  for (const first of [1, 7, 33]) {
    const pages = await readAll(ask(asker, { first }));
    expect(pages.flatMap(skusOf).slice(0, 100)).toEqual(skusOf(whole));
    expect(pages.map(({ hasPreviousPage }) => hasPreviousPage)).toEqual(pages.map((_, number) => number > 0));
    expect(new Set(pages.map(({ recommendationId }) => recommendationId)).size).toBe(1);
    expect(pages.slice(0, -1).every(({ edges, shortfall }) => edges.length === first && shortfall === null)).toBe(true);
  }
});

it('goes on with the same list after events, new and changed products, and a model swap', async () => {
  const { id, asker } = await createShopper();
  const request = ask(asker, { first: 10 });
  const expected = (await readAll(request)).flatMap(skusOf);
  const models = new Set<string | null>();
  const pages = await readAll(request, async (page, number) => {
    models.add(page.modelVersionId);
    if (number === 1) {
      await addInteraction(database.current, id, expected[25]!, 'PURCHASE');
      await addInteraction(database.current, id, sku(1), 'PURCHASE');
    }
    if (number === 2) await upsertProducts(database.current, [{ ...describeTestProduct(24), sku: 'between-pages' }]);
    if (number === 3) await activateTrainedModel(database.current, { until: 100, seed: 2 });
    if (number === 4)
      await upsertProducts(database.current, [
        { sku: expected[55]!, title: 'quite another thing', categories: ['Elsewhere'], price: '999' },
      ]);
    await serving.refresh();
  });
  expect(pages.flatMap(skusOf)).toEqual(expected);
  expect(models.size).toBe(1);
  const fresh = await serving.recommend(request);
  expect(models.has(fresh.modelVersionId)).toBe(false);
  expect(skusOf(fresh)).not.toEqual(skusOf(pages[0]!));
});

it('drops what was withdrawn between two pages, and moves nothing else', async () => {
  const { asker } = await createShopper();
  const request = ask(asker, { first: 10 });
  const expected = (await readAll(request)).flatMap(skusOf);
  const withdrawn = [expected[3]!, expected[14]!, expected[15]!];
  const pages = await readAll(request, async (_, number) => {
    if (number > 1) return;
    await upsertProducts(
      database.current,
      withdrawn.map((sku) => ({ sku, title: 'gone', isHidden: true })),
    );
    await serving.refresh();
  });
  const gone = withdrawn.slice(1);
  expect(pages.flatMap(skusOf)).toEqual(expected.filter((sku) => !gone.includes(sku)));
  // Coming back is no reason to appear in a list that began without it.
  const rest = await readAll(request, async (_, number) => {
    if (number > 1) return;
    await upsertProducts(
      database.current,
      withdrawn.map((sku) => ({ sku, title: 'back', isHidden: false })),
    );
    await serving.refresh();
  });
  expect(rest.flatMap(skusOf).filter((sku) => withdrawn.includes(sku))).toEqual([]);
});

it('claims no shortfall where a list is cut off at its depth', async () => {
  await createProducts(database.current, PRODUCTS, 1_020);
  await upsertPlacement(database.current, { name: 'everything', settings: { strategies: ['NEW'] } });
  await serving.refresh();
  const pages = await readAll(ask(NOBODY, { placement: 'everything', first: 99 }));
  expect(pages.flatMap(skusOf)).toHaveLength(1_000);
  expect(pages.at(-1)!.edges).toHaveLength(10);
  expect(pages.map(({ shortfall }) => shortfall)).toEqual(pages.map(() => null));
  for (const from of [PRODUCTS, PRODUCTS + 450])
    await deleteProducts(
      database.current,
      Array.from({ length: 450 }, (_, at) => sku(from + at)),
    );
  await serving.refresh();
});

it('goes on with a cart whose product is hidden meanwhile', async () => {
  const request = ask(NOBODY, { placement: 'cart', first: 5, context: { cartSkus: [sku(0), sku(4)] } });
  const expected = (await readAll(request)).flatMap(skusOf);
  const pages = await readAll(request, async (_, number) => {
    if (number === 1) await upsertProducts(database.current, [{ ...describeTestProduct(4), isHidden: true }]);
    await serving.refresh();
  });
  expect(pages.flatMap(skusOf)).toEqual(expected);
  await upsertProducts(database.current, [{ ...describeTestProduct(4), isHidden: false }]);
  await serving.refresh();
});

it('pages a list with pins, promotions, diversity and rotation', async () => {
  await upsertPlacement(database.current, {
    name: 'busy',
    settings: {
      strategies: ['PERSONAL', 'POPULAR', 'NEW'],
      diversity: 0.5,
      rotation: 0.5,
      pins: [{ sku: sku(70), position: 12 }],
      promoted: { filter: { brands: ['Brand 3'] }, share: 0.3 },
    },
  });
  await serving.refresh();
  const { id, asker } = await createShopper();
  const request = ask(asker, { placement: 'busy', first: 100 });
  const whole = skusOf(await serving.recommend(request));
  expect(whole[12]).toBe(sku(70));
  const pages = await readAll({ ...request, first: 9 }, async (page) => {
    for (const { product } of page.edges)
      await database.current.pool.query(
        `INSERT INTO impression (customer_id, event_id, product_id, occurred_at) VALUES ($1, gen_random_uuid(), $2, now())`,
        [id, product.id],
      );
  });
  const all = pages.flatMap(skusOf);
  expect(all.slice(0, whole.length)).toEqual(whole);
  expect(new Set(all).size).toBe(all.length);
});

it('refuses a cursor of somebody else, of another question, and one that was changed', async () => {
  const { asker } = await createShopper();
  const after = lastCursor(await serving.recommend(ask(asker)));
  const other = await createShopper();
  const flipped = Buffer.from(after, 'base64url');
  flipped[3]! ^= 1;
  for (const request of [
    ask(other.asker, { after }),
    ask(NOBODY, { after }),
    ask(asker, { after: flipped.toString('base64url') }),
    ask(asker, { after: `${after}=` }),
    ask(asker, { after: after.slice(0, -2) }),
    ask(asker, { after, placement: 'trending' }),
    ask(asker, { after, filter: { brands: ['Brand 1'] } }),
    ask(asker, { after, context: { productSku: sku(1) } }),
  ])
    await expect(serving.recommend(request)).rejects.toMatchObject({ code: 'BAD_INPUT', path: 'after' });
  await expect(serving.recommend(ask(asker, { after }))).resolves.toBeDefined();
});

it('conflicts where a list cannot go on: consent or settings changed, its model long gone', async () => {
  const { id, asker } = await createShopper();
  await upsertPlacement(database.current, { name: 'short-lived', settings: { strategies: ['PERSONAL'] } });
  await serving.refresh();
  const request = ask(asker, { placement: 'short-lived', first: 3 });
  const after = lastCursor(await serving.recommend(request));
  const conflict = { code: 'CONFLICT', path: 'after' };
  await expect(serving.recommend({ ...request, asker: { ...asker, isGpc: true }, after })).rejects.toMatchObject(
    conflict,
  );

  await upsertPlacement(database.current, { name: 'short-lived', settings: { strategies: ['PERSONAL', 'NEW'] } });
  await serving.refresh();
  await expect(serving.recommend({ ...request, after })).rejects.toMatchObject(conflict);

  const kept = lastCursor(await serving.recommend(request));
  await activateTrainedModel(database.current, { until: 100, seed: 3 });
  await serving.refresh();
  nowMs += 9 * 60_000;
  await activateTrainedModel(database.current, { until: 100, seed: 4 });
  await serving.refresh();
  await expect(serving.recommend({ ...request, after: kept })).resolves.toBeDefined();
  nowMs += 2 * 60_000;
  await activateTrainedModel(database.current, { until: 100, seed: 5 });
  await serving.refresh();
  await expect(serving.recommend({ ...request, after: kept })).rejects.toMatchObject(conflict);
  expect(id).toBeDefined();
});

it('goes on with a list after the gateway restarted', async () => {
  const { asker } = await createShopper();
  const request = ask(asker, { first: 10 });
  const expected = (await readAll(request)).flatMap(skusOf);
  const pages = await readAll(request, async (_, number) => {
    if (number > 1) return;
    await serving.close();
    serving = await open();
  });
  expect(pages.flatMap(skusOf)).toEqual(expected);
});

it('answers whole from one model while models are swapped under load', async () => {
  const { asker } = await createShopper();
  const first = await activateTrainedModel(database.current, { until: 60, seed: 6 });
  await serving.refresh();
  const expected = new Map([[first, skusOf(await serving.recommend(ask(asker)))]]);
  const second = await activateTrainedModel(database.current, { until: 100, seed: 7 });
  await serving.refresh();
  expected.set(second, skusOf(await serving.recommend(ask(asker))));
  expect(expected.get(first)).not.toEqual(expected.get(second));

  let isSwapping = true;
  const answered = new Set<string>();
  const load = Array.from({ length: 8 }, async () => {
    while (isSwapping) {
      const answer = await serving.recommend(ask(asker));
      answered.add(answer.modelVersionId!);
      expect(skusOf(answer)).toEqual(expected.get(answer.modelVersionId!));
    }
  });
  for (let swap = 0; swap < 10; swap++) {
    await activateModel(database.current, swap % 2 === 0 ? first : second);
    await serving.refresh();
  }
  isSwapping = false;
  await Promise.all(load);
  expect(answered).toEqual(new Set([first, second]));
});

it('answers from own rows, the catalogue and the model alone', async () => {
  const { id, asker } = await createShopper();
  const others = [await createShopper(), await createShopper()];
  const placements = ['home', 'product', 'cart', 'trending', 'recently-viewed'];
  const replay = () =>
    Promise.all(
      placements.map(async (placement) => {
        const request = ask(asker, { placement, first: 30, context: { productSku: sku(6), cartSkus: [sku(9)] } });
        const { recommendationId: _, edges, ...rest } = await serving.recommend(request);
        return JSON.stringify({
          ...rest,
          edges: edges.map(({ product, score, reason }) => ({ product, score, reason })),
        });
      }),
    );
  const before = await replay();
  for (const table of ['interaction', 'impression', 'customer'])
    await database.current.pool.query(
      `DELETE FROM ${table} WHERE ${table === 'customer' ? 'id' : 'customer_id'} <> $1`,
      [id],
    );
  expect(others).toHaveLength(2);
  expect(await replay()).toEqual(before);
  await serving.close();
  serving = await open();
  expect(await replay()).toEqual(before);
});
