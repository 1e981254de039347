import { randomBytes } from 'node:crypto';
import { upsertPlacement } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { deleteProducts, upsertProducts } from '@sotto/shop';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { ContentIndex } from './content-index.ts';
import { findProductChanges } from './read-changes.ts';
import { createServing } from './serving.ts';
import {
  activateArtifact,
  activateTrainedModel,
  addInteraction,
  ask,
  createCustomer,
  createProducts,
  describeTestProduct,
  NOBODY,
} from './testing/shop.ts';
import type { Serving } from './types.ts';

const database = useDatabase();
const errors: { err: Error }[] = [];
let serving: Serving;

const reasonsOf = async (request = ask(NOBODY)) =>
  (await serving.recommend(request)).edges.map(({ reason }) => reason.kind);

beforeAll(async () => {
  serving = await createServing({
    database: database.current,
    keys: { cursor: randomBytes(32) },
    logger: { error: (fields: { err: Error }) => errors.push(fields) },
    clock: () => new Date(),
  });
});
afterAll(() => serving.close());
beforeEach(() => {
  errors.length = 0;
});

it('says that the catalogue is empty, then offers what is new while there is no model', async () => {
  expect(await serving.recommend(ask(NOBODY))).toMatchObject({
    edges: [],
    shortfall: 'EMPTY_CATALOGUE',
    modelVersionId: null,
  });
  await createProducts(database.current, 0, 30);
  const { id, asker } = await createCustomer(database.current);
  await addInteraction(database.current, id, describeTestProduct(0).sku, 'VIEW');
  await serving.refresh();
  const answer = await serving.recommend(ask(asker));
  expect(answer.basis).toEqual({ level: 'NONE', because: 'NO_MODEL' });
  expect(answer.edges[0]!.product.sku).toBe(describeTestProduct(29).sku);
  expect(await reasonsOf()).toEqual(Array.from({ length: 10 }, () => 'NEW'));
});

it('takes over products, placements and models that somebody else changed, without being asked', async () => {
  await upsertProducts(database.current, [{ ...describeTestProduct(0), sku: 'hinted' }]);
  await vi.waitFor(() => expect(serving.findProduct('hinted')).toBeDefined());
  await upsertPlacement(database.current, { name: 'hinted', settings: { strategies: ['POPULAR'] } });
  await vi.waitFor(() => expect(serving.recommend(ask(NOBODY, { placement: 'hinted' }))).resolves.toBeDefined());
  const version = await activateTrainedModel(database.current, { until: 30 });
  await vi.waitFor(async () => expect((await serving.recommend(ask(NOBODY))).modelVersionId).toBe(version));
  expect(errors).toEqual([]);
});

it('goes on with the last good model and settings when the next ones are broken', async () => {
  const good = (await serving.recommend(ask(NOBODY))).modelVersionId;
  await activateArtifact(database.current, 'ials', randomBytes(1_000));
  await database.current.pool.query(
    `UPDATE placement SET settings = '{"strategies": ["MAGIC"]}' WHERE name = 'hinted'`,
  );
  await serving.refresh();
  await serving.refresh();
  expect((await serving.recommend(ask(NOBODY, { placement: 'hinted' }))).modelVersionId).toBe(good);
  const messages = [...new Set(errors.map(({ err }) => err.message))];
  expect(messages.sort()).toEqual([
    expect.stringMatching(/^Model version \S+ cannot be loaded/),
    expect.stringContaining('The placement hinted has settings that cannot be served'),
  ]);
  expect(errors).toHaveLength(2);
  const next = await activateTrainedModel(database.current, { until: 30, seed: 2 });
  await serving.refresh();
  expect((await serving.recommend(ask(NOBODY))).modelVersionId).toBe(next);
});

it('misses no product of a transaction that was open while others were taken over', async () => {
  const client = await database.current.pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ writer: string }>(
      `INSERT INTO product (sku, title, categories) VALUES ('slow', 'A slow one', '{}')
       RETURNING pg_current_xact_id()::text AS writer`,
    );
    await upsertProducts(database.current, [{ sku: 'quick', title: 'A quick one' }]);
    await serving.refresh();
    expect(serving.findProduct('quick')).toBeDefined();
    expect(serving.findProduct('slow')).toBeUndefined();
    // However long it stays open, its row is found then, and until then nothing old is read again and again.
    const { horizon } = await findProductChanges(database.current, undefined);
    await upsertProducts(database.current, [{ sku: 'quick', title: 'A quick one, changed' }]);
    const { changedIds } = await findProductChanges(database.current, horizon);
    const changed = changedIds.map((id) => serving.findProductById(id)?.sku);
    // Older writers in other databases of this server, where other tests run, hold the horizon back as well.
    expect(changed).toEqual(horizon === rows[0]!.writer ? ['quick'] : expect.arrayContaining(['quick']));
    expect(changed).not.toContain('slow');
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  await serving.refresh();
  expect(serving.findProduct('slow')).toBeDefined();
});

it('misses no product whatever its time says', async () => {
  await serving.refresh();
  await database.current.pool.query(
    `INSERT INTO product (sku, title, categories, updated_at) VALUES ('late', 'A late one', '{}', now() - interval '1 h')`,
  );
  await serving.refresh();
  expect(serving.findProduct('late')).toBeDefined();
});

it('makes up for an index that could not be built', async () => {
  const search = ask(NOBODY, { placement: 'search', context: { searchText: 'zeppelin' } });
  vi.spyOn(ContentIndex, 'build').mockRejectedValueOnce(new Error('out of memory'));
  await upsertProducts(database.current, [{ sku: 'zeppelin', title: 'Zeppelin' }]);
  await vi.waitFor(() => expect(errors.map(({ err }) => err.message)).toEqual(['out of memory']));
  expect((await serving.recommend(search)).edges).toEqual([]);
  await serving.refresh();
  expect((await serving.recommend(search)).edges.map(({ product }) => product.sku)).toEqual(['zeppelin']);
});

it('forgets the words of titles long gone, and goes on', async () => {
  const { edges } = await serving.recommend(ask(NOBODY, { first: 2 }));
  const words = (n: number) => Array.from({ length: 60 }, (_, at) => `w${(60 * n + at).toString(36)}`).join(' ');
  const products = Array.from({ length: 200 }, (_, n) => ({ sku: `wordy-${n}`, title: words(n) }));
  await upsertProducts(database.current, products);
  await serving.refresh();
  await upsertProducts(
    database.current,
    products.map(({ sku }) => ({ sku, title: 'Plain' })),
  );
  await serving.refresh();
  await serving.refresh();
  const after = edges[0]!.cursor;
  await expect(serving.recommend(ask(NOBODY, { first: 2, after }))).rejects.toMatchObject({ code: 'CONFLICT' });
  const search = ask(NOBODY, { placement: 'search', context: { searchText: 'zeppelin' } });
  expect((await serving.recommend(search)).edges.map(({ product }) => product.sku)).toEqual(['zeppelin']);
  await deleteProducts(
    database.current,
    products.map(({ sku }) => sku),
  );
});

it('keeps a deleted product out until it comes back', async () => {
  await deleteProducts(database.current, ['quick']);
  await serving.refresh();
  expect(serving.findProduct('quick')).toBeUndefined();
  await upsertProducts(database.current, [{ sku: 'quick', title: 'A quick one' }]);
  await serving.refresh();
  expect(serving.findProduct('quick')).toMatchObject({ title: 'A quick one' });
});

it('starts over when the catalogue was replaced', async () => {
  const { edges } = await serving.recommend(ask(NOBODY, { first: 2 }));
  await database.current.pool.query('TRUNCATE product RESTART IDENTITY');
  await upsertProducts(database.current, [{ sku: 'first of another shop', title: 'Something else' }]);
  await serving.refresh();
  expect(serving.findProduct(describeTestProduct(0).sku)).toBeUndefined();
  const answer = await serving.recommend(ask(NOBODY, { placement: 'trending' }));
  expect(answer.edges.map(({ product }) => product.sku)).toEqual(['first of another shop']);
  const after = edges[0]!.cursor;
  await expect(serving.recommend(ask(NOBODY, { first: 2, after }))).rejects.toMatchObject({ code: 'CONFLICT' });
});
