import { randomBytes } from 'node:crypto';
import { upsertPlacement } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { deleteProducts, upsertProducts } from '@sotto/shop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import type { RecommendAnswer, Serving } from './types.ts';

const database = useDatabase();
const MODEL_PRODUCTS = 60;
const keys = { cursor: randomBytes(32) };
const errors: unknown[] = [];
const logger = { error: (fields: unknown) => errors.push(fields) };
let serving: Serving;
let modelVersionId: string;

const open = () => createServing({ database: database.current, keys, logger, clock: () => new Date() });
const skusOf = (answer: RecommendAnswer) => answer.edges.map(({ product }) => product.sku);
const sku = (n: number) => describeTestProduct(n).sku;
/** The parts of an answer that a shopper could tell apart. */
const contentOf = ({ recommendationId: _, edges, ...rest }: RecommendAnswer) => ({
  ...rest,
  edges: edges.map(({ product, score, reason }) => ({ sku: product.sku, score, reason })),
});

async function createFootwearLover(): Promise<TestCustomer> {
  const customer = await createCustomer(database.current);
  await addInteraction(database.current, customer.id, sku(0), 'VIEW', Date.now() - 3_600_000);
  await addInteraction(database.current, customer.id, sku(3), 'PURCHASE', Date.now() - 1_800_000);
  return customer;
}

beforeAll(async () => {
  await createProducts(database.current, 0, MODEL_PRODUCTS);
  modelVersionId = await activateTrainedModel(database.current, { until: MODEL_PRODUCTS });
  serving = await open();
});
afterAll(async () => {
  await serving.close();
  expect(errors).toEqual([]);
});

describe('who asks', () => {
  it('answers a consenting customer from their own rows and says so', async () => {
    const { asker } = await createFootwearLover();
    const answer = await serving.recommend(ask(asker));
    expect(answer.basis).toEqual({ level: 'PERSONAL', because: 'CONSENT' });
    expect(answer.modelVersionId).toBe(modelVersionId);
    expect(answer.edges).toHaveLength(10);
    expect(answer.edges[0]!.product.categories[0]).toBe('Footwear');
    expect(skusOf(answer)).not.toContain(sku(3));
    for (const { reason } of answer.edges.filter(({ reason }) => reason.kind.startsWith('BECAUSE'))) {
      expect(reason.because!.sku).toBe(reason.kind === 'BECAUSE_YOU_BOUGHT' ? sku(3) : sku(0));
      expect(reason.text).toContain(reason.because!.title);
    }
    expect(answer.edges.some(({ reason }) => reason.kind === 'BECAUSE_YOU_BOUGHT')).toBe(true);
  });

  it('reflects an event in the next answer', async () => {
    const { id, asker } = await createFootwearLover();
    const before = await serving.recommend(ask(asker));
    for (const n of [1, 4, 7]) await addInteraction(database.current, id, sku(n), 'PURCHASE');
    const after = await serving.recommend(ask(asker));
    expect(after.edges[0]!.product.categories[0]).toBe('Kitchen');
    expect(skusOf(after)).not.toEqual(skusOf(before));
  });

  it.each([
    { name: 'without consent', consent: { consentMask: 6 }, isGpc: false, because: 'NO_CONSENT' },
    { name: 'with Sec-GPC on the request', consent: {}, isGpc: true, because: 'GLOBAL_PRIVACY_CONTROL' },
    {
      name: 'after a stored objection',
      consent: { consentMask: 0, gpcMask: 7 },
      isGpc: false,
      because: 'GLOBAL_PRIVACY_CONTROL',
    },
  ])('lets nothing of their own rows into the answer $name', async ({ consent, isGpc, because }) => {
    const { id, asker } = await createCustomer(database.current, consent);
    await addInteraction(database.current, id, sku(0), 'PURCHASE');
    const answer = await serving.recommend(ask({ ...asker, isGpc }));
    const nobodys = await serving.recommend(ask(NOBODY));
    expect(answer.basis).toEqual({ level: 'NONE', because });
    expect(contentOf({ ...answer, basis: nobodys.basis })).toEqual(contentOf(nobodys));
  });

  it('obeys a grant that came after a recorded objection, although the header keeps coming', async () => {
    const { id, asker } = await createCustomer(database.current, { consentMask: 7, gpcRecordedMask: 1 });
    await addInteraction(database.current, id, sku(0), 'VIEW');
    const answer = await serving.recommend(ask({ ...asker, isGpc: true }));
    expect(answer.basis).toEqual({ level: 'PERSONAL', because: 'CONSENT' });
  });

  it('obeys a withdrawal in the next answer', async () => {
    const { id, asker } = await createFootwearLover();
    expect((await serving.recommend(ask(asker))).basis.level).toBe('PERSONAL');
    await database.current.pool.query('UPDATE customer SET consent_mask = 0 WHERE id = $1', [id]);
    expect((await serving.recommend(ask(asker))).basis).toEqual({ level: 'NONE', because: 'NO_CONSENT' });
  });

  it('tells a consenting customer without rows, an unknown one and nobody apart', async () => {
    const { asker } = await createCustomer(database.current);
    expect((await serving.recommend(ask(asker))).basis).toEqual({ level: 'NONE', because: 'NO_HISTORY' });
    const unknown = { ...asker, externalIdHash: randomBytes(32) };
    expect((await serving.recommend(ask(unknown))).basis).toEqual({ level: 'NONE', because: 'NO_CONSENT' });
    expect((await serving.recommend(ask(NOBODY))).basis).toEqual({ level: 'NONE', because: 'NO_CONSENT' });
  });
});

describe('placements', () => {
  it('shows related products of the page and names it', async () => {
    const answer = await serving.recommend(ask(NOBODY, { placement: 'product', context: { productSku: sku(0) } }));
    expect(answer.basis).toEqual({ level: 'CONTEXTUAL', because: 'NO_CONSENT' });
    expect(answer.edges[0]!.reason).toMatchObject({ kind: 'SIMILAR_PRODUCT', because: { sku: sku(0) } });
    expect(skusOf(answer)).not.toContain(sku(0));
  });

  it('completes a cart with what is bought together', async () => {
    const cartSkus = [sku(0), sku(3)];
    const answer = await serving.recommend(ask(NOBODY, { placement: 'cart', context: { cartSkus } }));
    const { reason, product } = answer.edges[0]!;
    expect(reason.kind).toBe('BOUGHT_TOGETHER');
    expect(cartSkus).toContain(reason.because!.sku);
    expect(product.categories[0]).toBe('Footwear');
  });

  it('shows recently viewed and bought products, latest first, and nothing else', async () => {
    const { id, asker } = await createFootwearLover();
    await addInteraction(database.current, id, sku(5), 'VIEW');
    const viewed = await serving.recommend(ask(asker, { placement: 'recently-viewed' }));
    expect(skusOf(viewed)).toEqual([sku(5), sku(0)]);
    expect(viewed.edges[0]!.reason).toMatchObject({ kind: 'BECAUSE_YOU_VIEWED', because: { sku: sku(5) } });
    expect(viewed.shortfall).toBe('NO_CANDIDATES');
    const again = await serving.recommend(ask(asker, { placement: 'buy-again' }));
    expect(skusOf(again)).toEqual([sku(3)]);
    expect(again.edges[0]!.reason).toMatchObject({ kind: 'BECAUSE_YOU_BOUGHT', because: { sku: sku(3) } });
  });

  it('calls similar only what is, and goes on with the rest of the chain', async () => {
    await upsertPlacement(database.current, { name: 'alike', settings: { strategies: ['SIMILAR_CONTENT', 'NEW'] } });
    await serving.refresh();
    const tea = { sku: 'tea', title: 'white tea of the high mountains', brand: 'Leaf', categories: ['Tea'] };
    await upsertProducts(database.current, [tea]);
    await serving.refresh();
    const kindsAt = async (productSku: string) => {
      const answer = await serving.recommend(ask(NOBODY, { placement: 'alike', context: { productSku } }));
      return new Set(answer.edges.map(({ reason }) => reason.kind));
    };
    // White toasters there are, and shoes.
    expect(await kindsAt('tea')).toEqual(new Set(['NEW']));
    expect(await kindsAt(sku(0))).toEqual(new Set(['SIMILAR_PRODUCT']));
    await deleteProducts(database.current, ['tea']);
  });

  it('finds products by what a shopper types', async () => {
    const answer = await serving.recommend(ask(NOBODY, { placement: 'search', context: { searchText: 'Red Boots' } }));
    expect(answer.edges[0]!.product.title).toMatch(/^red Boot/);
    const nothing = await serving.recommend(ask(NOBODY, { placement: 'search', context: { searchText: 'zeppelin' } }));
    expect(nothing).toMatchObject({ edges: [], shortfall: 'NO_CANDIDATES', hasNextPage: false });
  });

  it('keeps a filter and says when it left too little', async () => {
    const filter = { categories: ['Books'], priceMax: '20.5' };
    const answer = await serving.recommend(ask(NOBODY, { first: 50, filter }));
    expect(answer.edges.length).toBeGreaterThan(3);
    for (const { product } of answer.edges) {
      expect(product.categories).toContain('Books');
      expect(Number(product.price)).toBeLessThanOrEqual(20.5);
    }
    expect(answer.shortfall).toBe('FILTERED_OUT');
  });

  it('does not count the product of the page as filtered out', async () => {
    await upsertPlacement(database.current, { name: 'found', settings: { strategies: ['SEARCH'] } });
    await serving.refresh();
    const context = { searchText: describeTestProduct(0).title, productSku: sku(0) };
    expect(await serving.recommend(ask(NOBODY, { placement: 'found', first: 100, context }))).toMatchObject({
      shortfall: 'NO_CANDIDATES',
    });
    const filter = { brands: ['Brand 1'] };
    expect(await serving.recommend(ask(NOBODY, { placement: 'found', first: 100, context, filter }))).toMatchObject({
      shortfall: 'FILTERED_OUT',
    });
    const none = await serving.recommend(ask(NOBODY, { filter: { brands: ['nobody makes this'] } }));
    expect(none).toMatchObject({ edges: [], shortfall: 'FILTERED_OUT' });
  });

  it('pins, boosts and promotes as the operator says, while it is in force', async () => {
    const past = '2020-01-01T00:00:00Z';
    await upsertPlacement(database.current, {
      name: 'edited',
      settings: {
        strategies: ['POPULAR'],
        pins: [
          { sku: sku(50), position: 2 },
          { sku: sku(51), position: 0, until: past },
        ],
        boosts: [{ filter: { categories: ['Books'] }, factor: 100 }],
        promoted: { filter: { categories: ['Kitchen'] }, share: 0.25 },
      },
    });
    await serving.refresh();
    const { edges } = await serving.recommend(ask(NOBODY, { placement: 'edited', first: 8 }));
    expect(edges.map(({ reason }) => reason.kind)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((rank) => ([2, 3, 7].includes(rank) ? 'PROMOTED' : 'POPULAR')),
    );
    expect(edges[2]!.product.sku).toBe(sku(50));
    expect(edges.map(({ product }) => product.categories[0])).toEqual([
      'Books',
      'Books',
      'Books',
      'Kitchen',
      'Books',
      'Books',
      'Books',
      'Kitchen',
    ]);
  });

  it('moves products down that were just shown', async () => {
    await upsertPlacement(database.current, {
      name: 'rotating',
      settings: { strategies: ['POPULAR'], rotation: 1 },
    });
    await serving.refresh();
    const { id, asker } = await createFootwearLover();
    const first = await serving.recommend(ask(asker, { placement: 'rotating', first: 3 }));
    for (const shown of skusOf(first))
      await database.current.pool.query(
        `INSERT INTO impression (customer_id, event_id, product_id, occurred_at)
         SELECT $1, gen_random_uuid(), id, now() FROM product, generate_series(1, 6) WHERE sku = $2`,
        [id, shown],
      );
    const second = await serving.recommend(ask(asker, { placement: 'rotating', first: 3 }));
    expect(skusOf(second).filter((shown) => skusOf(first).includes(shown))).toEqual([]);
  });

  it.each([
    [{ placement: 'nowhere' }, 'NOT_FOUND', 'placement'],
    [{ context: { productSku: 'nothing' } }, 'NOT_FOUND', 'context.productSku'],
    [{ after: 'made up' }, 'BAD_INPUT', 'after'],
  ])('refuses %o', async (request, code, path) => {
    await expect(serving.recommend(ask(NOBODY, request))).rejects.toMatchObject({ code, path });
  });
});

it('says no more of a product than is known', async () => {
  const { asker } = await createFootwearLover();
  const textsAt = async (placement: string, first = 1) =>
    (await serving.recommend(ask(asker, { placement, first, context: { productSku: sku(0) } }))).edges.map(
      ({ reason }) => reason.text,
    );
  const { title } = describeTestProduct(0);
  // A model may have learned from purchases alone, from one basket, and from a view of long ago.
  expect(await textsAt('product')).toEqual([`Shoppers of ${title} also chose this`]);
  expect(await textsAt('cart')).toEqual([`Bought together with ${title}`]);
  const { edges } = await serving.recommend(ask(asker, { placement: 'recently-viewed' }));
  expect(edges.map(({ reason }) => reason.text)).toEqual(['You viewed this']);

  await upsertPlacement(database.current, { name: 'popular', settings: { strategies: ['POPULAR'] } });
  await serving.refresh();
  const popular = (await serving.recommend(ask(NOBODY, { placement: 'popular', first: 100 }))).edges;
  for (const { reason, score } of popular)
    expect(reason.text).toBe(score >= 0.2 ? 'Popular in this shop' : 'From this shop');
  expect(new Set(popular.map(({ reason }) => reason.text)).size).toBe(2);
});

it.each(['recently-viewed', 'search'])('does not offer in %s what was just bought', async (placement) => {
  const { id, asker } = await createFootwearLover();
  await addInteraction(database.current, id, sku(5), 'VIEW');
  const request = ask(asker, { placement, first: 50, context: { searchText: describeTestProduct(5).title } });
  expect(skusOf(await serving.recommend(request))).toContain(sku(5));
  await addInteraction(database.current, id, sku(5), 'PURCHASE');
  expect(skusOf(await serving.recommend(request))).not.toContain(sku(5));
  expect(skusOf(await serving.recommend({ ...request, target: { placement: 'buy-again' } }))).toContain(sku(5));
});

describe('scores', () => {
  it.each([
    { name: 'what is bought together', target: { productSku: sku(0), intent: 'COMPLEMENTARY' } },
    { name: 'what is related', target: { productSku: sku(0), intent: 'RELATED' } },
    { name: 'a shelf', target: { placement: 'home' } },
    { name: 'what trends', target: { placement: 'trending' } },
    { name: 'a busy cart', target: { placement: 'cart' }, context: { cartSkus: [sku(0), sku(4)] } },
  ] as const)('tell of $name the order, in steps, and no count', async ({ name: _, ...request }) => {
    const answers = [];
    let after: string | undefined;
    do {
      const page: RecommendAnswer = await serving.recommend(
        ask(NOBODY, { ...request, first: 20, ...(after && { after }) }),
      );
      answers.push(page);
      after = page.edges.at(-1)?.cursor;
    } while (answers.at(-1)!.hasNextPage);
    const whole = await serving.recommend(ask(NOBODY, { ...request, first: 100 }));
    const scores = answers.flatMap(({ edges }) => edges.map(({ score }) => score));
    expect(scores.length).toBeGreaterThan(20);
    expect(scores.slice(0, 100)).toEqual(whole.edges.map(({ score }) => score));
    expect(scores[0]).toBe(1);
    const steps = Array.from({ length: 20 }, (_, step) => (step + 1) / 20);
    for (const score of scores) expect(steps).toContain(score);
    if (request.target !== undefined && 'productSku' in request.target)
      expect(scores).toEqual([...scores].sort((left, right) => right - left));
  });
});

describe('changes of the catalogue', () => {
  it.each(['hidden', 'deleted'])('treats a %s product of the page or the cart as if there were none', async (state) => {
    const gone = { ...describeTestProduct(12), sku: state };
    await upsertProducts(database.current, [{ ...gone, isHidden: state === 'hidden' }]);
    if (state === 'deleted') await deleteProducts(database.current, [state]);
    await serving.refresh();
    const askAt = (productSku: string) =>
      serving.recommend(ask(NOBODY, { placement: 'product', context: { productSku } }));
    const refusalOf = async (productSku: string) => askAt(productSku).catch(({ code, message }) => ({ code, message }));
    expect(await refusalOf(state)).toEqual(await refusalOf('nothing'));
    const cartOf = async (...cartSkus: string[]) =>
      contentOf(await serving.recommend(ask(NOBODY, { placement: 'cart', context: { cartSkus } })));
    expect(await cartOf(sku(0), state, 'nothing')).toEqual(await cartOf(sku(0)));
    expect(await cartOf(state)).toEqual(await cartOf('nothing'));
  });

  it('obeys hiding, stock and deletion in the next answer', async () => {
    const { asker } = await createFootwearLover();
    const [hidden, soldOut, deleted] = skusOf(await serving.recommend(ask(asker))) as [string, string, string];
    await upsertProducts(database.current, [
      { sku: hidden, title: 'hidden', isHidden: true },
      { sku: soldOut, title: 'sold out', stock: 0 },
    ]);
    await deleteProducts(database.current, [deleted]);
    await serving.refresh();
    const answer = await serving.recommend(ask(asker, { first: 50 }));
    for (const gone of [hidden, soldOut, deleted]) expect(skusOf(answer)).not.toContain(gone);
    expect(serving.findProduct(deleted)).toBeUndefined();
    expect(serving.findProduct(soldOut)).toMatchObject({ isAvailable: false });
  });

  it('shows a new product by its content before anybody bought it, and gives no reason that cannot be', async () => {
    const newcomer = { ...describeTestProduct(36), sku: 'newcomer' };
    await upsertProducts(database.current, [newcomer]);
    await serving.refresh();
    const { asker } = await createFootwearLover();
    const home = await serving.recommend(ask(asker, { first: 50 }));
    const edge = home.edges.find(({ product }) => product.sku === 'newcomer')!;
    expect(['BECAUSE_YOU_VIEWED', 'BECAUSE_YOU_BOUGHT', 'SIMILAR_TASTE', 'NEW']).toContain(edge.reason.kind);
    const cart = await serving.recommend(
      ask(NOBODY, { placement: 'cart', first: 50, context: { cartSkus: [sku(0)] } }),
    );
    expect(cart.edges.find(({ product }) => product.sku === 'newcomer')!.reason.kind).toBe('SIMILAR_PRODUCT');
    const page = await serving.recommend(ask(NOBODY, { placement: 'product', context: { productSku: 'newcomer' } }));
    expect(page.edges[0]!.product.categories[0]).toBe('Footwear');
    expect(page.edges[0]!.reason.because!.sku).toBe('newcomer');
  });

  it('lists products by sku, page by page', async () => {
    const skus: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 50; pages++) {
      const page = serving.listProducts({ categories: ['Footwear'] }, 7, after);
      skus.push(...page.edges.map(({ product }) => product.sku));
      after = page.edges.at(-1)?.cursor;
      if (!page.hasNextPage) break;
    }
    expect(skus).toEqual([...new Set(skus)].sort());
    expect(skus).toContain('newcomer');
    expect(() => serving.listProducts({}, 7, 'x')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});
