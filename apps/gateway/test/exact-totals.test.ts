import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isNonNullType } from 'graphql';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildSchema } from '../src/schema.ts';
import { asCustomer, newVisitor, useGateway } from './harness.ts';
import { writeDocument } from './schema-walk.ts';

/*
 * Exact counts of customers or interactions stand nowhere (README.md, Limits; exempt are the caller's own batch, operator
 * command lines and /metrics): a shop is planted with unusual ones, everything that can be asked is asked, and answers
 * and logs are searched for each of them.
 */
const gateway = useGateway();
const WORKER = join(import.meta.dirname, '../../worker/dist/main.js');
/** Smaller ones may stand for something else, such as a number of days. */
const SMALLEST_COUNT = 1_000;
const answers: { readonly asked: string; readonly text: string }[] = [];
/** Of every type that was answered, the ids that were seen. */
const idsByType = new Map<string, Set<string>>();
const workerLines: string[] = [];
let forbidden: readonly number[] = [];
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  await plant();
  forbidden = await countExactly();
  stopWorker = startWorker();
});

afterAll(() => stopWorker());

/** 6,007 accounts, of whom some consent to less; each product is bought and viewed by another number of them. */
async function plant(): Promise<void> {
  await gateway.database.pool.query(
    `WITH planted AS (
       INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
       SELECT gen_random_uuid(), sha256(n::text::bytea), CASE WHEN n % 3 = 0 THEN '2026-08' ELSE '2026-09' END,
         CASE WHEN n % 5 = 0 THEN 1 ELSE 7 END
       FROM generate_series(1, 6007) n RETURNING id, ('x' || substr(id::text, 1, 6))::bit(24)::int AS chance
     )
     INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at, quantity, price, channel, country)
     SELECT planted.id, gen_random_uuid(), product.id, kind.type::event_type, now() - interval '20 days',
       now() - interval '2 days', 1, product.price, 'WEB', 'DE'
     FROM planted, product, (VALUES ('VIEW'), ('PURCHASE')) kind (type)
     WHERE (planted.chance / product.id) % 7 < 5 AND (kind.type = 'VIEW' OR planted.chance % 3 < 2)`,
  );
}

/** What nobody may read exactly, of the rows as they are. */
async function countExactly(): Promise<number[]> {
  const { pool } = gateway.database;
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM customer
     UNION SELECT count(*)::int FROM customer GROUP BY cohort
     UNION SELECT count(*)::int FROM customer GROUP BY consent_mask
     UNION SELECT count(*)::int FROM customer GROUP BY cohort, consent_mask
     UNION SELECT count(DISTINCT customer_id)::int FROM interaction
     UNION SELECT count(DISTINCT customer_id)::int FROM interaction JOIN customer ON customer.id = customer_id WHERE consent_mask = 7
     UNION SELECT count(*)::int FROM interaction JOIN customer ON customer.id = customer_id GROUP BY GROUPING SETS
       ((), (type), (product_id), (type, product_id), (consent_mask), (consent_mask, type), (consent_mask, product_id),
        (consent_mask, type, product_id), (cohort))`,
  );
  return rows.map(({ count }) => count).filter((count) => count >= SMALLEST_COUNT);
}

function startWorker(): () => Promise<void> {
  const child = spawn(process.execPath, [WORKER], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: gateway.database.url,
      LOG_LEVEL: 'trace',
      SOTTO_TRAINING_THREADS: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => workerLines.push(text));
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

const COUNT = '{ kind: COUNT, epsilon: "0.01", spec: { measure: "CUSTOMERS" } }';
const TREND = 'filter: { since: "2026-09-01", until: "2026-12-01" }';
/** A question of each kind. */
const QUESTIONS: Readonly<Record<string, string>> = {
  COUNT: '{ measure: "INTERACTIONS", bounds: { maxPerKey: 20 } }',
  SUM: '{ measure: "QUANTITY", bounds: { maxPerKey: 20 } }',
  MEAN: '{ measure: "INTERACTIONS", bounds: { maxPerKey: 20 } }',
  QUANTILE: '{ measure: "INTERACTIONS", quantile: "0.5", bounds: { maxPerKey: 20 } }',
  HISTOGRAM: '{ dimension: "PRODUCT", measure: "CUSTOMERS", bounds: { maxKeys: 5 } }',
  TIME_SERIES: `{ dimension: "MONTH", measure: "INTERACTIONS", bounds: { maxKeys: 3, maxPerKey: 20 }, ${TREND} }`,
  TOP_K: '{ dimension: "PRODUCT", measure: "CUSTOMERS", k: 2, bounds: { maxKeys: 2 } }',
  CO_PURCHASE: '{ bounds: { maxKeys: 5 } }',
  FUNNEL: '{ steps: ["VIEW", "PURCHASE"] }',
  RETENTION: '{ dimension: "MONTH", periods: 3, filter: { since: "2026-09-01" } }',
  SEGMENTS: '{ segmentCount: 2, features: ["recency"] }',
};
const questionOf = (kind: string) => `{ kind: ${kind}, epsilon: "0.01", spec: ${QUESTIONS[kind]} }`;

/** Arguments of every root field that has some; those of a mutation in the order in which they are asked. */
const ARGUMENTS = {
  query: {
    node: [],
    product: ['(sku: "tea")'],
    products: ['(first: 2)', '(first: 0)'],
    recommendations: ['(placement: "home", first: 5)', '(placement: "trending", first: 5)', '(placement: "nowhere")'],
    priceQuestion: [...Object.keys(QUESTIONS).map((kind) => `(question: ${questionOf(kind)})`), `(question: ${COUNT})`],
    segmentation: ['', '(id: "x")'],
    trainingRun: ['(id: "x")'],
    modelVersions: ['(first: 2)', '(after: "x")'],
    privacyLedger: ['(first: 2)', '(first: 2, filter: { cohort: "2026-09" })', '(filter: { cohort: "x" })'],
    releases: ['(first: 2)', '(after: "x")'],
    segmentations: ['(first: 2)'],
    recentRejections: ['(first: 20)'],
    refusedAsks: ['(first: 20)'],
    attackReports: ['(first: 20)'],
  },
  mutation: {
    upsertProducts: ['(products: [{ sku: "new", title: "New" }, { sku: "bad", title: "" }])'],
    deleteProducts: ['(skus: ["new"])'],
    upsertPlacement: [
      '(input: { name: "spot", settings: { strategies: ["POPULAR"] } })',
      '(input: { name: "X", settings: 1 })',
    ],
    updateConsent: ['(input: { purpose: ANALYTICS, isGranted: true })'],
    recordEvents: ['(events: [{ eventId: "1", type: VIEW, sku: "tea" }, { eventId: "2", type: VIEW, sku: "none" }])'],
    identify: [''],
    setAllowance: [
      '(input: { askedBy: "*", purpose: ANALYTICS, epsilon: "9" })',
      '(input: { askedBy: "", purpose: ANALYTICS })',
    ],
    setTrainingSchedule: ['(input: { cron: "0 3 * * *", algorithm: "popularity" })', '(input: null)'],
    requestTraining: [
      '(input: { algorithm: "popularity", withoutPrivacy: true })',
      '(input: { algorithm: "item-cosine", withoutPrivacy: true })',
      '(input: { algorithm: "private-ease", epsilon: "1" })',
      '(input: { algorithm: "x" })',
    ],
    askQuestion: [
      `(question: ${COUNT})`,
      ...Object.keys(QUESTIONS).map((kind) => `(question: ${questionOf(kind)})`),
      '(question: { kind: COUNT, spec: {} })',
      '(question: { kind: COUNT, epsilon: "0", spec: { measure: "CUSTOMERS" } })',
    ],
    requestSegmentation: [
      '(input: { segmentCount: 3, epsilon: "0.5" })',
      '(input: { segmentCount: 0, epsilon: "0.5" })',
    ],
    cancelTraining: ['(id: "x")'],
    activateModel: ['(id: "x")'],
  },
} as const satisfies Record<string, Readonly<Record<string, readonly string[]>>>;

const visitor = newVisitor();

/** Asks for all that a root field can answer, as the shop and in the name of a customer. */
async function askAll(root: 'query' | 'mutation', field: string, args: string, only?: string): Promise<void> {
  const headers = { ...visitor, ...asCustomer('somebody') };
  const { body } = await gateway.ask<unknown>(writeDocument(root, field, args, only), { key: 'secret', headers });
  for (const { extensions } of body.errors ?? [])
    expect(
      ['GRAPHQL_VALIDATION_FAILED', 'TOO_COMPLEX'],
      `${field}${args} ${JSON.stringify(body.errors)}`,
    ).not.toContain(extensions.code);
  collectIds(body.data);
  answers.push({
    asked: `${field}${args}`,
    text: JSON.stringify(body, (key, value) => (NOISY.has(key) ? null : value)),
  });
}

/** What a release draws may be any number: also, by chance, the true one. */
const NOISY = new Set(['value', 'lower', 'upper', 'size', 'sizeLower', 'sizeUpper', 'centroid']);

function collectIds(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { __typename, id } = value as { __typename?: string; id?: string };
  if (__typename && id) idsByType.set(__typename, (idsByType.get(__typename) ?? new Set()).add(id));
  for (const child of Object.values(value)) collectIds(child);
}

/** The counts that stand in a text as numbers of their own, in whatever notation. */
function findCounts(text: string): number[] {
  const readable = text
    .replace(/"durationMs":[\d.]+|"time":\d+/g, '')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
    .replace(/[\w-]{20,}/g, '');
  return forbidden.filter((count) => {
    const [head, tail] = [Math.floor(count / 1_000), String(count % 1_000).padStart(3, '0')];
    return new RegExp(`(?<![\\w.])${head}[ ,_']?${tail}(?!\\w)(?!\\.\\d*[1-9])`).test(readable);
  });
}

it('finds an exact count where one stands', () => {
  const [count] = forbidden as [number];
  expect(findCounts(`{"customers":${count}}`)).toEqual([count]);
  expect(findCounts(`trained on ${count.toLocaleString('en')} rows`)).toEqual([count]);
  expect(findCounts(`${count}.0`)).toEqual([count]);
  expect(findCounts(`0.${count} 1${count} ${count}.5 a${count}`)).toEqual([]);
  expect(forbidden.length).toBeGreaterThan(20);
});

it('asks every field of the API', () => {
  const schema = buildSchema();
  for (const [root, type] of [
    ['query', schema.getQueryType()!],
    ['mutation', schema.getMutationType()!],
  ] as const)
    for (const field of Object.values(type.getFields())) {
      const isGiven = field.name in ARGUMENTS[root];
      const needsArguments = field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
      expect(isGiven || (root === 'query' && !needsArguments), `${root} ${field.name} needs arguments here`).toBe(true);
    }
  for (const type of Object.values(schema.getTypeMap()))
    expect(Object.keys('getFields' in type ? type.getFields() : {})).not.toContain('totalCount');
});

it('has no exact count of customers or interactions in any answer, error or log', async () => {
  for (const [field, texts] of Object.entries(ARGUMENTS.mutation))
    for (const args of texts) await askAll('mutation', field, args);
  await vi.waitFor(async () => {
    const { rows } = await gateway.database.pool.query(
      'SELECT status::text FROM model_version UNION ALL SELECT status::text FROM segmentation',
    );
    expect(rows.map(({ status }) => status)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/PENDING|TRAINING/)]),
    );
  }, 60_000);
  const { rows: ready } = await gateway.database.pool.query("SELECT id FROM model_version WHERE status = 'READY'");
  expect(ready).toHaveLength(3);
  for (const { id } of ready) {
    const nodeId = Buffer.from(`ModelVersion:${id}`).toString('base64url');
    await askAll('mutation', 'activateModel', `(id: "${nodeId}")`);
    await askQueries();
  }
  await breakDown();
  const written = [...gateway.logLines, ...workerLines];
  for (const { asked, text } of answers) expect(findCounts(text), `${asked}: ${text.slice(0, 2_000)}`).toEqual([]);
  for (const line of written) expect(findCounts(line), line.slice(0, 2_000)).toEqual([]);
  expect(answers.filter(({ text }) => text.startsWith('{"data":{"askQuestion":{"__typename":"Release"'))).toHaveLength(
    Object.keys(QUESTIONS).length + 1,
  );
  expect(workerLines.join('')).toContain('segments drawn');
}, 120_000);

async function askQueries(): Promise<void> {
  const fields = Object.keys(buildSchema().getQueryType()!.getFields());
  for (const field of fields) {
    const texts: readonly string[] = (ARGUMENTS.query as Record<string, readonly string[]>)[field] ?? [''];
    for (const args of texts) await askAll('query', field, args);
  }
  for (const [type, ids] of idsByType)
    for (const id of [...ids].slice(-2)) await askAll('query', 'node', `(id: "${id}")`, type);
}

/** Every read of interactions fails, also the worker's: what is said then is said of rows, too. */
async function breakDown(): Promise<void> {
  const { pool } = gateway.database;
  await pool.query('ALTER TABLE interaction RENAME COLUMN received_at TO gone');
  for (const args of ['(placement: "home")', '(placement: "buy-again")'])
    await askAll('query', 'recommendations', args);
  await askAll('query', 'viewer', '');
  await askAll(
    'mutation',
    'askQuestion',
    '(question: { kind: COUNT, epsilon: "0.02", spec: { measure: "CUSTOMERS", filter: { skus: ["tea"] } } })',
  );
  await askAll('mutation', 'requestSegmentation', '(input: { segmentCount: 4, epsilon: "0.5" })');
  await askAll('mutation', 'requestTraining', '(input: { algorithm: "popularity", withoutPrivacy: true })');
  await vi.waitFor(async () => {
    const { rows } = await pool.query("SELECT 1 FROM segmentation WHERE status = 'FAILED'");
    expect(rows).toHaveLength(1);
  }, 30_000);
  await askAll('query', 'segmentations', '(first: 2)');
  await askAll('query', 'modelVersions', '(first: 2)');
}
