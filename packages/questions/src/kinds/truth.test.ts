import type { Transaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { beforeAll, expect, it } from 'vitest';
import { listKeys } from '../catalogue.ts';
import { parseSpec } from '../parse-question.ts';
import { inSnapshot } from '../population.ts';
import type { QuestionKind } from '../question-kinds.ts';
import type { Spec } from '../spec/canonical.ts';
import { formatDay, parseDay } from '../spec/day.ts';
import { COHORTS, type MadeInteraction, makeShop, populationOf, storeShop, WINDOW_END } from '../testing/shop.ts';
import { histogramSums, timeSeriesSums } from './breakdowns.ts';
import { readBaskets } from './co-purchases.ts';
import { funnelSums } from './funnel.ts';
import { type KeyedSums, readTotals } from './keyed-sums.ts';
import { readMeanSums } from './mean.ts';
import { ACCOUNT_WEIGHT, readWeights } from './quantile.ts';
import { retentionSums } from './retention.ts';
import { topKSums } from './top-k.ts';
import { countTotal, sumTotal } from './totals.ts';

// What goes into the noise, against truths computed from the generator's own list, without a database.
const database = useDatabase();
const shop = makeShop('truth', 260);
const categoriesOf = new Map(shop.products.map(({ sku, categories }) => [sku, categories]));

beforeAll(() => storeShop(database.current, shop));

const spec = <Kind extends QuestionKind>(kind: Kind, value: unknown): Spec<Kind> => parseSpec(kind, value);
const population = { cohorts: COHORTS, windowEnd: WINDOW_END };

function read<Result>(run: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return inSnapshot(database.current, run);
}

async function totalsOf<Row extends object>(sums: KeyedSums<Row>): Promise<Record<string, number>> {
  const totals = await read((tx) => readTotals(tx, population, sums));
  return Object.fromEntries([...totals].filter(([, value]) => value !== 0).sort());
}

/** Sums of what each account has in each key, at most `limit` a key. */
function truthByKey(
  rowsOf: (own: readonly MadeInteraction[]) => readonly (readonly [key: string | null, value: number])[],
  limit: number,
): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const own of populationOf(shop)) {
    const sums: Record<string, number> = {};
    for (const [key, value] of rowsOf(own)) if (key !== null) sums[key] = (sums[key] ?? 0) + value;
    for (const [key, sum] of Object.entries(sums)) totals[key] = (totals[key] ?? 0) + Math.min(limit, sum);
  }
  return Object.fromEntries(
    Object.entries(totals)
      .filter(([, value]) => value !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const isDone = ({ type }: MadeInteraction) => type !== 'IMPRESSION';
const bought = (own: readonly MadeInteraction[]) => own.filter(({ type }) => type === 'PURCHASE');
const revenueOf = ({ price, quantity }: MadeInteraction) => (price ?? 0) * (quantity ?? 1);
const monthOf = ({ at }: MadeInteraction) => formatDay(at).slice(0, 7);
const mondayOf = ({ at }: MadeInteraction) => {
  const midnight = parseDay(formatDay(at));
  return formatDay(midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * 86_400_000);
};

it('counts the right customers and no others', async () => {
  const truth = populationOf(shop).filter((own) => own.some(isDone)).length;
  expect(truth).toBeGreaterThan(100);
  expect(truth).toBeLessThan(shop.accounts.length * 0.8);
  expect(await totalsOf(countTotal(spec('COUNT', { measure: 'CUSTOMERS' })))).toEqual({ total: truth });
});

it('counts interactions up to the bound of an account', async () => {
  const asked = spec('COUNT', { measure: 'INTERACTIONS', bounds: { maxPerKey: 4 } });
  const truth = truthByKey((own) => own.filter(isDone).map(() => ['total', 1]), 4);
  expect(await totalsOf(countTotal(asked))).toEqual(truth);
});

it.each([
  ['days', { since: '2026-01-20', until: '2026-02-11' }],
  ['categories of any level', { categories: ['Games', 'Old'] }],
  ['skus', { skus: ['sku-00', 'sku-03'] }],
  ['channels', { channels: ['APP'] }],
  ['countries', { countries: ['fr', 'DE'] }],
  ['event types', { eventTypes: ['IMPRESSION', 'LIKE'] }],
  ['all of them', { since: '2026-02-01', categories: ['Books'], channels: ['WEB', 'APP'], countries: ['GB', 'DE'] }],
])('filters by %s', async (_name, filter) => {
  const { categories, skus, channels, countries, eventTypes, ...days } = filter as Record<
    string,
    string[] | undefined
  > & {
    since?: string;
    until?: string;
  };
  const matches = (row: MadeInteraction) =>
    (eventTypes === undefined ? isDone(row) : eventTypes.includes(row.type)) &&
    (days.since === undefined || formatDay(row.at) >= days.since) &&
    (days.until === undefined || formatDay(row.at) < days.until) &&
    (skus === undefined || skus.includes(row.sku)) &&
    (categories === undefined || categories.some((name) => categoriesOf.get(row.sku)!.includes(name))) &&
    (channels === undefined || channels.includes(row.channel!)) &&
    (countries === undefined || countries.map((code) => code.toUpperCase()).includes(row.country!));
  const truth = truthByKey((own) => own.filter(matches).map(() => ['total', 1]), 50);
  expect(Object.keys(truth)).toHaveLength(1);
  const asked = spec('COUNT', { measure: 'INTERACTIONS', bounds: { maxPerKey: 50 }, filter });
  expect(await totalsOf(countTotal(asked))).toEqual(truth);
});

it('sums revenue and quantities, cut off at the bound of an account', async () => {
  for (const maxPerKey of [2_000, 1_000_000]) {
    const truth = truthByKey((own) => bought(own).map((row) => ['total', revenueOf(row)]), maxPerKey);
    expect(await totalsOf(sumTotal(spec('SUM', { measure: 'REVENUE', bounds: { maxPerKey } })))).toEqual(truth);
  }
  const truth = truthByKey((own) => bought(own).map(({ quantity }) => ['total', quantity ?? 1]), 6);
  expect(await totalsOf(sumTotal(spec('SUM', { measure: 'QUANTITY', bounds: { maxPerKey: 6 } })))).toEqual(truth);
});

it.each([
  ['PRODUCT', undefined, ({ sku }: MadeInteraction) => sku],
  ['CATEGORY', 1, ({ sku }: MadeInteraction) => categoriesOf.get(sku)![0] ?? null],
  ['CATEGORY', 2, ({ sku }: MadeInteraction) => categoriesOf.get(sku)![1] ?? null],
  ['BRAND', undefined, ({ sku }: MadeInteraction) => shop.products.find((product) => product.sku === sku)!.brand],
  ['COUNTRY', undefined, ({ country }: MadeInteraction) => country],
  ['CHANNEL', undefined, ({ channel }: MadeInteraction) => channel],
  ['EVENT_TYPE', undefined, ({ type }: MadeInteraction) => type],
  ['WEEKDAY', undefined, ({ at }: MadeInteraction) => `${((new Date(at).getUTCDay() + 6) % 7) + 1}`],
  ['HOUR', undefined, ({ at }: MadeInteraction) => `${new Date(at).getUTCHours()}`.padStart(2, '0')],
] as const)('breaks down by %s (level %s)', async (dimension, level, keyOf) => {
  const bounds = { maxKeys: 300, maxPerKey: 2 };
  const asked = spec('HISTOGRAM', { dimension, level, measure: 'INTERACTIONS', bounds });
  const path = 'spec.dimension';
  const keys = await listKeys(database.current.pool, { dimension, level, filter: asked.filter, path });
  const truth = truthByKey((own) => own.filter(isDone).map((row) => [keyOf(row), 1]), 2);
  expect(await totalsOf(histogramSums(asked, keys))).toEqual(truth);
  for (const key of Object.keys(truth)) expect(keys).toContain(key);
});

it.each([
  ['MONTH', monthOf],
  ['WEEK', mondayOf],
  ['DAY', ({ at }: MadeInteraction) => formatDay(at)],
  ['HOUR', ({ at }: MadeInteraction) => new Date(at).toISOString().slice(0, 13)],
] as const)('makes a series by %s', async (dimension, keyOf) => {
  const filter = { since: '2026-01-01', until: '2026-04-01' };
  const asked = spec('TIME_SERIES', {
    dimension,
    measure: 'REVENUE',
    bounds: { maxKeys: 3_000, maxPerKey: 9_000 },
    filter,
  });
  const truth = truthByKey((own) => bought(own).map((row) => [keyOf(row), revenueOf(row)]), 9_000);
  expect(await totalsOf(timeSeriesSums(asked))).toEqual(truth);
});

it('sums the candidates of a top k', async () => {
  const asked = spec('TOP_K', { dimension: 'PRODUCT', k: 3, measure: 'CUSTOMERS', bounds: { maxKeys: 24 } });
  const keys = shop.products.map(({ sku }) => sku);
  const truth = truthByKey((own) => [...new Set(own.filter(isDone).map(({ sku }) => sku))].map((sku) => [sku, 1]), 1);
  expect(await totalsOf(topKSums(asked, keys))).toEqual(truth);
});

it('finds the baskets of co-purchases', async () => {
  const truth = populationOf(shop)
    .map((own) => [...new Set(bought(own).map(({ sku }) => sku))].sort())
    .filter(({ length }) => length > 1);
  const asked = spec('CO_PURCHASE', { bounds: { maxKeys: 5 } });
  const baskets = await read((tx) => readBaskets(tx, population, asked));
  const inOrder = (lists: readonly (readonly string[])[]) => lists.map((list) => [...list].sort().join()).sort();
  expect(inOrder(baskets)).toEqual(inOrder(truth));
});

it('finds how deep each account came into a funnel, step after step in time', async () => {
  const steps = ['IMPRESSION', 'VIEW', 'VIEW', 'PURCHASE'] as const;
  const depthOf = (own: readonly MadeInteraction[]) => {
    // Every way through the funnel, without the shortcut of taking the earliest row.
    const deepest = (step: number, used: readonly MadeInteraction[], from: number): number => {
      if (step === steps.length) return step;
      const next = own.filter((row) => row.type === steps[step] && row.at >= from && !used.includes(row));
      return Math.max(step, ...next.map((row) => deepest(step + 1, [...used, row], row.at)));
    };
    return deepest(0, [], 0);
  };
  const truth = truthByKey((own) => {
    const depth = depthOf(own);
    return [[depth === 0 ? null : `${depth} ${steps[depth - 1]}`, 1]];
  }, 1);
  expect(Object.keys(truth).length).toBe(4);
  expect(await totalsOf(funnelSums(spec('FUNNEL', { steps })))).toEqual(truth);
});

it('follows accounts from the period of their first interaction', async () => {
  const months = ['2026-01', '2026-02', '2026-03'];
  const truth = truthByKey((own) => {
    const active = [...new Set(own.filter(isDone).map(monthOf))].sort();
    const first = months.indexOf(active[0] ?? '');
    return first < 1 ? [] : active.map((month) => [`${active[0]}+${months.indexOf(month) - first}`, 1]);
  }, 1);
  expect(Object.keys(truth)).toEqual(['2026-02+0', '2026-02+1', '2026-03+0']);
  // From February on: who came in January is in no cell.
  const asked = spec('RETENTION', { dimension: 'MONTH', periods: 2, filter: { since: '2026-02-14' } });
  expect(await totalsOf(retentionSums(asked))).toEqual(truth);
});

it('sums what a mean is made of', async () => {
  const perInteraction = spec('MEAN', {
    per: 'INTERACTION',
    measure: 'RATING',
    bounds: { maxKeys: 20, minPerKey: 100, maxPerKey: 400 },
  });
  const ratings = populationOf(shop).flatMap((own) =>
    own.filter(({ type }) => type === 'RATING').map(({ rating }) => Math.min(400, Math.max(100, rating!))),
  );
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(await read((tx) => readMeanSums(tx, population, perInteraction))).toEqual({
    offset: sum(ratings.map((value) => 2 * value - 500)),
    count: ratings.length,
  });

  const perCustomer = spec('MEAN', { measure: 'REVENUE', bounds: { maxPerKey: 5_000 } });
  const totals = populationOf(shop)
    .map((own) => bought(own).map(revenueOf))
    .filter(({ length }) => length > 0)
    .map((own) => Math.min(5_000, sum(own)));
  expect(await read((tx) => readMeanSums(tx, population, perCustomer))).toEqual({
    offset: sum(totals.map((value) => 2 * value - 5_000)),
    count: totals.length,
  });
});

it('weighs the values of a quantile by account', async () => {
  const grid = { bounds: { minPerKey: 500, maxPerKey: 4_500 }, step: 500 };
  const asked = spec('QUANTILE', { per: 'INTERACTION', measure: 'REVENUE', quantile: '0.5', ...grid });
  const truth = new Float64Array(9);
  for (const own of populationOf(shop)) {
    const values = bought(own).map(revenueOf);
    for (const value of values)
      truth[Math.min(8, Math.max(0, Math.floor(value / 500) - 1))]! += Math.floor(ACCOUNT_WEIGHT / values.length);
  }
  expect(await read((tx) => readWeights(tx, population, asked))).toEqual(truth);
});

it('reads the charged cohorts alone, and nobody when there are none', async () => {
  const sums = countTotal(spec('COUNT', { measure: 'CUSTOMERS' }));
  const one = await read((tx) => readTotals(tx, { cohorts: ['2026-02'], windowEnd: WINDOW_END }, sums));
  expect(one.get('total')).toBe(populationOf(shop, ['2026-02']).filter((own) => own.some(isDone)).length);
  const none = await read((tx) => readTotals(tx, { cohorts: [], windowEnd: WINDOW_END }, sums));
  expect(none.size).toBe(0);
});
