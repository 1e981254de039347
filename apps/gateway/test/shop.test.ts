import { describe, expect, it, vi } from 'vitest';
import {
  ACTIVATE_MODEL,
  CANCEL_TRAINING,
  DELETE_PRODUCTS,
  GET_PRODUCT,
  GET_SCHEDULE,
  GET_TRAINING_RUN,
  LIST_MODEL_VERSIONS,
  LIST_PLACEMENTS,
  LIST_PRODUCTS,
  RECENT_REJECTIONS,
  RECOMMEND,
  RELATED,
  REQUEST_TRAINING,
  SET_SCHEDULE,
  UPSERT_PLACEMENT,
  UPSERT_PRODUCTS,
} from './documents.ts';
import { PRODUCTS, useGateway } from './harness.ts';

const gateway = useGateway();
const asShop = <Data>(query: string, variables: Record<string, unknown> = {}) =>
  gateway.read<Data>(query, { key: 'secret', variables });

describe('catalogue', () => {
  interface Page {
    readonly products: {
      readonly edges: readonly { readonly node: { readonly sku: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    };
  }

  it('lists visible products page by page and by filter', async () => {
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { products }: Page = await gateway.read<Page>(LIST_PRODUCTS, { variables: { first: 2, after } });
      seen.push(...products.edges.map(({ node }) => node.sku));
      after = products.pageInfo.endCursor;
      more = products.pageInfo.hasNextPage;
    }
    expect(seen).toEqual(PRODUCTS.map(({ sku }) => sku).sort());
    const filter = { categories: ['Food'], priceMax: '2.50' };
    const { products } = await gateway.read<Page>(LIST_PRODUCTS, { variables: { filter } });
    expect(products.edges.map(({ node }) => node.sku)).toEqual(['pot']);
  });

  it('tells what is stored though its rejections cannot be, nor the change be shown at once', async () => {
    const { pool } = gateway.database;
    const refresh = vi.spyOn(gateway.serving, 'refresh').mockRejectedValue(new Error('away'));
    await pool.query('ALTER TABLE rejection RENAME TO rejection_gone');
    try {
      const products = [
        { sku: 'kept', title: 'Kept' },
        { sku: 'bad', title: '' },
      ];
      const changed = await asShop<object>(UPSERT_PRODUCTS, { products });
      expect(changed).toMatchObject({ upsertProducts: { upserted: 1, rejected: [{ index: 1 }] } });
      const deleted = await asShop<object>(DELETE_PRODUCTS, { skus: ['kept'] });
      expect(deleted).toEqual({ deleteProducts: { deleted: 1 } });
      const settings = { strategies: ['POPULAR'] };
      await asShop(UPSERT_PLACEMENT, { input: { name: 'kept', settings } });
    } finally {
      await pool.query('ALTER TABLE rejection_gone RENAME TO rejection');
      refresh.mockRestore();
    }
    const logged = gateway.logLines.filter((line) => line.includes('what should follow it failed'));
    expect(logged).toHaveLength(4);
  });

  it('shows what was upserted at once, rejects by index, and hides what was deleted', async () => {
    const product = { sku: 'new', title: 'New thing', price: '9.99', currency: 'EUR', categories: ['Things'] };
    const { upsertProducts } = await asShop<{ upsertProducts: object }>(UPSERT_PRODUCTS, {
      products: [product, { sku: 'bad', title: '', currency: 'euro' }],
    });
    expect(upsertProducts).toMatchObject({ upserted: 1, rejected: [{ index: 1, code: 'BAD_INPUT' }] });
    const read = () => gateway.read<{ product: object | null }>(GET_PRODUCT, { variables: { sku: 'new' } });
    expect((await read()).product).toMatchObject(product);
    const rejections = await asShop<object>(RECENT_REJECTIONS, { first: 1 });
    expect(rejections).toMatchObject({
      recentRejections: { edges: [{ node: { source: 'UPSERT_PRODUCTS', sku: 'bad' } }] },
    });
    await asShop(UPSERT_PRODUCTS, { products: [{ sku: 'new', title: 'New thing', isHidden: true }] });
    expect(await read()).toEqual({ product: null });
    expect(await asShop(DELETE_PRODUCTS, { skus: ['new', 'never-there'] })).toEqual({ deleteProducts: { deleted: 1 } });
    expect(await read()).toEqual({ product: null });
  });

  it('recommends from a product and from a placement', async () => {
    for (const intent of ['RELATED', 'COMPLEMENTARY']) {
      const { product } = await gateway.read<{ product: { recommendations: { edges: { node: { sku: string } }[] } } }>(
        RELATED,
        {
          variables: { sku: 'tea', intent },
        },
      );
      expect(product.recommendations.edges.map(({ node }) => node.sku)).not.toContain('tea');
    }
    const { recommendations } = await gateway.read<{ recommendations: object }>(RECOMMEND, {
      variables: { placement: 'home' },
    });
    expect(recommendations).toMatchObject({
      basis: { level: 'NONE' },
      recommendationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

describe('placements', () => {
  it('exist from the start, and change at once', async () => {
    const { placements } = await asShop<{ placements: { name: string; settings: object; id: string }[] }>(
      LIST_PLACEMENTS,
    );
    const names = ['buy-again', 'cart', 'home', 'product', 'recently-viewed', 'trending'];
    expect(placements.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const home = placements.find(({ name }) => name === 'home')!;
    const settings = { strategies: ['NEW'], pins: [{ sku: 'jam', position: 0 }] };
    const { upsertPlacement } = await asShop<{ upsertPlacement: object }>(UPSERT_PLACEMENT, {
      input: { name: 'home', settings },
    });
    expect(upsertPlacement).toMatchObject({ id: home.id, settings });
    const { recommendations } = await gateway.read<{ recommendations: { edges: { node: { sku: string } }[] } }>(
      RECOMMEND,
      {
        variables: { placement: 'home' },
      },
    );
    expect(recommendations.edges[0]!.node.sku).toBe('jam');
  });
});

describe('training', () => {
  const train = async (input: object) =>
    (await asShop<{ requestTraining: { __typename: string; id: string; path: string } }>(REQUEST_TRAINING, { input }))
      .requestTraining;

  it.each([
    ['withoutPrivacy', { algorithm: 'ease' }],
    ['withoutPrivacy', { algorithm: 'ease', epsilon: '1' }],
    ['epsilon', { algorithm: 'ease', epsilon: '1', withoutPrivacy: true }],
    ['withoutPrivacy', { algorithm: 'private-ease', epsilon: '1', withoutPrivacy: true }],
    ['epsilon', { algorithm: 'private-ease' }],
    ['hyperparameters.colour', { algorithm: 'private-ease', epsilon: '1', hyperparameters: { colour: 1 } }],
    ['algorithm', { algorithm: 'magic', withoutPrivacy: true }],
    ['hyperparameters.colour', { algorithm: 'ease', withoutPrivacy: true, hyperparameters: { colour: 1 } }],
    ['hyperparameters', { algorithm: 'ease', withoutPrivacy: true, hyperparameters: [1] }],
  ])('says what is wrong with %s', async (path, input) => {
    expect(await train(input)).toMatchObject({ __typename: 'InvalidInput', code: 'BAD_INPUT', path });
  });

  it('is requested, followed and cancelled', async () => {
    const run = await train({ algorithm: 'popularity', withoutPrivacy: true });
    expect(run).toMatchObject({ __typename: 'TrainingRun', status: 'PENDING', progress: 0, log: [] });
    const jobs = await gateway.database.pool.query('SELECT count(*)::int AS count FROM graphile_worker.jobs');
    expect(jobs.rows[0].count).toBe(1);
    expect(await asShop(GET_TRAINING_RUN, { id: run.id })).toMatchObject({
      trainingRun: { id: run.id, status: 'PENDING' },
    });
    const { modelVersions } = await asShop<{ modelVersions: { edges: { node: { id: string } }[] } }>(
      LIST_MODEL_VERSIONS,
    );
    expect(modelVersions.edges[0]).toMatchObject({
      node: {
        algorithm: 'popularity',
        status: 'PENDING',
        privacy: { level: 'NONE', epsilon: null, delta: null },
        trainingRun: { id: run.id },
      },
    });
    const version = modelVersions.edges[0]!.node.id;
    expect(await asShop(ACTIVATE_MODEL, { id: version })).toMatchObject({
      activateModel: { __typename: 'Conflict', code: 'CONFLICT' },
    });
    expect(await asShop(CANCEL_TRAINING, { id: run.id })).toMatchObject({ cancelTraining: { status: 'CANCELLED' } });
    expect(await asShop(CANCEL_TRAINING, { id: run.id })).toMatchObject({ cancelTraining: { __typename: 'Conflict' } });
    const unknown = Buffer.from(`TrainingRun:${crypto.randomUUID()}`).toString('base64url');
    for (const [field, query] of [
      ['cancelTraining', CANCEL_TRAINING],
      ['activateModel', ACTIVATE_MODEL],
    ] as const)
      expect(await asShop(query, { id: unknown })).toMatchObject({
        [field]: { __typename: 'NotFound', code: 'NOT_FOUND' },
      });
  });

  it('is scheduled by the operator', async () => {
    const cron = '0 3 * * *';
    for (const input of [
      { cron, algorithm: 'private-ease', hyperparameters: {}, epsilon: '0.5', withoutPrivacy: false },
      { cron, algorithm: 'private-ease', hyperparameters: {}, epsilon: null, withoutPrivacy: false },
      { cron, algorithm: 'ials', hyperparameters: {}, epsilon: null, withoutPrivacy: true },
    ]) {
      expect(await asShop(SET_SCHEDULE, { input })).toMatchObject({ setTrainingSchedule: input });
      expect(await asShop(GET_SCHEDULE)).toEqual({ trainingSchedule: input });
    }
    for (const [path, wrong] of [
      ['cron', { cron: 'at night', algorithm: 'ials', withoutPrivacy: true }],
      ['algorithm', { cron, algorithm: 'x' }],
      ['withoutPrivacy', { cron, algorithm: 'ials' }],
      ['epsilon', { cron, algorithm: 'private-ease', epsilon: '0' }],
    ])
      expect(await asShop(SET_SCHEDULE, { input: wrong })).toMatchObject({ setTrainingSchedule: { path } });
    expect(await asShop(SET_SCHEDULE, { input: null })).toEqual({ setTrainingSchedule: null });
    expect(await asShop(GET_SCHEDULE)).toEqual({ trainingSchedule: null });
  });
});
