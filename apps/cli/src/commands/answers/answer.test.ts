import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSetting } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { budgetPolicy } from '@sotto/ledger';
import { seededRandomSource } from '@sotto/privacy/testing';
import { deriveShopKeys } from '@sotto/vault';
import { beforeAll, expect, it } from 'vitest';
import { type Answer, answerQuestions } from './answer.ts';
import { readSpending } from './budget.ts';
import { openDemoShop } from './demo-shop.ts';
import { placeSection, renderSection } from './markdown.ts';
import { openOnlineRetail } from './online-retail.ts';
import { askCoPurchases } from './questions/co-purchases.ts';
import { askRepeatFunnel } from './questions/funnel.ts';
import { renderReport } from './report.ts';

const CUSTOMERS = 260;
const POUND = 100;
const NO_REPORT = () => undefined;

/** One invoice line, as it goes into the file. */
interface Line {
  readonly customer: number;
  readonly sku: string;
  readonly day: string;
  readonly quantity: number;
  /** In pence. */
  readonly price: number;
  readonly country: 'United Kingdom' | 'France';
}

const lines = makeLines();
const retail = useDatabase();
let shop: ReturnType<typeof openOnlineRetail>;
let answers: Answer[];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sotto-answers-'));
  try {
    const path = join(folder, 'sales.csv');
    const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
    const rows = lines.map(
      ({ customer, sku, day, quantity, price, country }, index) =>
        `${500_000 + index},${sku},THING ${sku},${quantity},${day} 10:00:00,${(price / 100).toFixed(2)},${customer},${country}`,
    );
    await writeFile(path, [header, ...rows, ''].join('\n'));
    shop = openOnlineRetail(path);
    await shop.load(retail.current, createKeys(), NO_REPORT);
    await writeSetting(retail.current, budgetPolicy, { epsilon: '60', delta: '0.000001' });
    answers = await answerQuestions(retail.current, shop, { epsilon: '1' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

const find = (name: string) => answers.find((answer) => answer.name === name)!;

/** Sums by key over each account's own sums, cut off at a limit, from the lines alone. */
function sumLines(
  keyOf: (line: Line) => string,
  amountOf: (line: Line) => number,
  limit: number,
): Readonly<Record<string, number>> {
  const own = new Map<string, number>();
  for (const line of lines) {
    const name = `${line.customer} ${keyOf(line)}`;
    own.set(name, (own.get(name) ?? 0) + amountOf(line));
  }
  const sums: Record<string, number> = {};
  for (const [name, value] of own) {
    const key = name.slice(name.indexOf(' ') + 1);
    sums[key] = (sums[key] ?? 0) + Math.min(limit, value);
  }
  return sums;
}

function groupByCustomer(): readonly (readonly Line[])[] {
  const own = new Map<number, Line[]>();
  for (const line of lines) own.set(line.customer, [...(own.get(line.customer) ?? []), line]);
  return [...own.values()];
}

const revenueOf = ({ quantity, price }: Line) => quantity * price;
const truthOf = ({ rows }: Answer, measure: 'exact' | 'bounded') =>
  Object.fromEntries(rows.filter((row) => row[measure] > 0).map((row) => [row.key, row[measure]]));

it('asks every question, with an expected error beforehand', () => {
  expect(answers.map(({ kind }) => kind)).toEqual([
    'QUANTILE',
    'TIME_SERIES',
    'HISTOGRAM',
    'TOP_K',
    'CO_PURCHASE',
    'FUNNEL',
    'RETENTION',
    'SEGMENTS',
  ]);
  for (const { expectedError, rows, kind } of answers) {
    expect(expectedError).toBeGreaterThan(0);
    // A pair shows past a threshold that so few customers may all stay below.
    if (kind !== 'CO_PURCHASE') expect(rows.length).toBeGreaterThan(0);
  }
});

it('measures revenue by month and country with and without bounds', () => {
  const [month, country] = [find('revenue-by-month'), find('sales-by-country')];
  const monthOf = ({ day }: Line) => day.slice(0, 7);
  expect(truthOf(month, 'exact')).toEqual(sumLines(monthOf, revenueOf, Infinity));
  expect(truthOf(month, 'bounded')).toEqual(sumLines(monthOf, revenueOf, 1_500 * POUND));
  expect(month.summary.clippedShare).toBeGreaterThan(0.01);
  const codeOf = (line: Line) => (line.country === 'France' ? 'FR' : 'GB');
  expect(truthOf(country, 'exact')).toEqual(sumLines(codeOf, revenueOf, Infinity));
  expect(truthOf(country, 'bounded')).toEqual(sumLines(codeOf, revenueOf, 5_000 * POUND));
});

it('measures products, repeats and returns of customers', () => {
  const skus = find('top-products');
  const buyers = sumLines(
    ({ sku }) => sku,
    () => 1,
    1,
  );
  for (const { key, exact, bounded } of skus.rows) expect([exact, bounded]).toEqual([buyers[key], buyers[key]]);

  const customers = groupByCustomer();
  const days = customers.map((own) => new Set(own.map(({ day }) => day)).size);
  expect(find('funnel').rows.map(({ exact }) => exact)).toEqual(
    [1, 2, 3, 4, 5].map((count) => days.filter((own) => own >= count).length),
  );

  const firsts = customers.map((own) => own.map(({ day }) => day.slice(0, 7)).sort());
  const cell = find('retention').rows.find(({ key }) => key === '2010-12+2')!;
  expect(cell.exact).toBe(firsts.filter((months) => months[0] === '2010-12' && months.includes('2011-02')).length);
  expect(cell.exact).toBeGreaterThan(0);
});

it('measures pairs, of a customer with more than count their share', async () => {
  const skus = ['20000', '20001', '20002'];
  const pairs = () =>
    askCoPurchases({
      among: 'three',
      filter: { skus },
      maxPairs: 2,
      bias: 'random',
      titles: new Map([
        ['20000', 'A'],
        ['20001', 'B'],
      ]),
    });
  // Of so few products and at such an epsilon all pairs pass the threshold.
  const [answer] = await answerQuestions(retail.current, { ...shop, questions: [pairs] }, { epsilon: '20' });
  const truth = new Map<string, { exact: number; bounded: number }>();
  for (const own of groupByCustomer()) {
    const basket = skus.filter((sku) => own.some((line) => line.sku === sku));
    const keys = basket.flatMap((first, at) => basket.slice(at + 1).map((second) => JSON.stringify([first, second])));
    for (const key of keys) {
      const { exact, bounded } = truth.get(key) ?? { exact: 0, bounded: 0 };
      truth.set(key, { exact: exact + 1, bounded: bounded + Math.min(1, 2 / keys.length) });
    }
  }
  expect(answer!.rows).toHaveLength(3);
  for (const { key, exact, bounded } of answer!.rows) {
    expect(exact).toBe(truth.get(key)!.exact);
    expect(bounded).toBeCloseTo(truth.get(key)!.bounded, 6);
    expect(bounded).toBeLessThan(exact);
  }
  expect(answer!.rows.map(({ label }) => label)).toContain('A + B');
});

it('measures the quantile as a point of the grid', () => {
  const totals = Object.values(sumLines(({ customer }) => `${customer}`, revenueOf, Infinity));
  const [{ bounded, exact }] = find('spending').rows as [Answer['rows'][number]];
  const below = (point: number) => totals.filter((total) => total < point).length;
  expect(below(bounded)).toBeLessThanOrEqual(0.9 * totals.length);
  expect(below(bounded + 100 * POUND)).toBeGreaterThan(0.9 * totals.length);
  expect(exact).toBeGreaterThanOrEqual(bounded);
  expect(exact).toBeLessThan(bounded + 200 * POUND);
});

it('counts every customer in one segment', () => {
  const { rows, quality } = find('segments');
  expect(rows.reduce((sum, { exact }) => sum + exact, 0)).toBe(CUSTOMERS);
  expect(quality).toMatch(/explain -?\d+\.\d % of the customers' variance/);
});

it('renders every answer with its epsilon, and writes a section once', async () => {
  const spending = await readSpending(retail.current, answers);
  expect(spending).toMatchObject({ askedEpsilon: '8', epsilonLimit: '60', isVerified: true });
  expect(spending.lossShare).toBeGreaterThan(0);
  expect(spending.lossShare).toBeLessThanOrEqual(1);
  const report = { shop, answers, spending };
  const text = renderReport(report);
  for (const { title, kind } of answers) expect(text).toContain(`${title}  (${kind}, epsilon 1)`);
  expect(text).toMatch(
    /\n {3}December 2010 +£[\d,]+ +£[\d,]+ to £[\d,]+ +£[\d,]+ +£[\d,]+ +[+-]?£[\d,]+ +[+-]?[\d.]+ %\n/,
  );
  expect(text).toMatch(/\n {3}France +£/);
  expect(text).not.toMatch(/£\d{4}/);

  const section = renderSection(report);
  const once = placeSection('', shop.name, section);
  expect(once).toMatch(/\n\| December 2010 +\| +£/);
  expect(placeSection(once, shop.name, section)).toBe(once);
  const both = placeSection(once, 'demo-shop', section.replaceAll('online-retail', 'demo-shop'));
  expect(placeSection(both, shop.name, section)).toBe(both);
  expect(both.match(/^## /gm)).toHaveLength(2);
});

it('ends with a code when the budgets are spent', async () => {
  const questions = Array.from({ length: 9 }, (_, index) => () => askRepeatFunnel(index + 2));
  const asked = { ...shop, questions };
  await expect(answerQuestions(retail.current, asked, { epsilon: '20' })).rejects.toMatchObject({
    code: 'BUDGET_EXHAUSTED',
    message: expect.stringContaining('Funnel'),
  });
});

const demo = useDatabase();

it('measures the funnel of a shop that knows views', async () => {
  await writeSetting(demo.current, budgetPolicy, { epsilon: '60', delta: '0.000001' });
  const opened = openDemoShop({ customers: 400 });
  await opened.load(demo.current, createKeys(), NO_REPORT);
  const [answer] = await answerQuestions(
    demo.current,
    { ...opened, questions: [opened.questions[5]!] },
    { epsilon: '20' },
  );
  expect(answer!.rows.map(({ label }) => label)).toEqual(['view', 'cart', 'purchase']);
  // Epsilon 20: a sum of three draws is off by 2 or more less than once in 10^15 runs.
  for (const { value, exact } of answer!.rows) expect(Math.abs(value - exact)).toBeLessThan(2);
  expect(answer!.rows[0]!.exact).toBeGreaterThan(answer!.rows[1]!.exact);
  expect(answer!.rows[2]!.exact).toBeGreaterThan(0);
});

function createKeys() {
  return deriveShopKeys(randomBytes(32).toString('base64url'));
}

/** The same lines each time. Every sixteenth customer buys in bulk, far past the bounds. */
function makeLines(): readonly Line[] {
  const random = seededRandomSource('answers');
  return Array.from({ length: CUSTOMERS }, (_, index) => {
    const country = index % 5 === 0 ? ('France' as const) : ('United Kingdom' as const);
    return Array.from({ length: 1 + random.below(14) }, () => {
      const month = random.below(5);
      const [year, number] = month === 0 ? [2010, 12] : [2011, month];
      return {
        customer: 12_000 + index,
        sku: `${20_000 + Math.min(random.below(30), random.below(30))}`,
        day: `${year}-${`${number}`.padStart(2, '0')}-${`${1 + random.below(28)}`.padStart(2, '0')}`,
        quantity: index % 16 === 0 ? 200 + random.below(400) : 1 + random.below(20),
        price: 50 + random.below(950),
        country,
      };
    });
  }).flat();
}
