import { generateApiKey, storeApiKey, writeSetting } from '@sotto/database';
import { budgetPolicy } from '@sotto/ledger';
import { beforeAll, describe, expect, it } from 'vitest';
import { COHORT, COUNT_BUYERS, countEntries, HISTOGRAM, plantAccounts, spentOf } from './asking-shop.ts';
import { type Answer, useGateway } from './harness.ts';
import {
  ASK_QUESTION,
  LIST_REFUSED_ASKS,
  PRICE_QUESTION,
  QUESTION_SCHEMAS,
  SET_ALLOWANCE,
} from './privacy-documents.ts';

const clock = { offsetMs: 0 };
const gateway = useGateway({ clock: () => new Date(Date.now() + clock.offsetMs) });
/** Budgets of epsilon 4: two questions of 2 are one too many. */
const poor = useGateway();

interface Asked {
  readonly __typename: string;
  readonly id: string;
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly epsilon: string;
  readonly isReplay: boolean;
  readonly rows: readonly {
    readonly key: string;
    readonly value: number;
    readonly lower: number;
    readonly upper: number;
  }[];
  readonly cohorts: readonly string[];
  readonly budgets: readonly object[];
  readonly excludedCohorts: readonly string[];
}
type Gateway = ReturnType<typeof useGateway>;
const send = (question: unknown, shop: Gateway = gateway) =>
  shop.ask<{ askQuestion: Asked }>(ASK_QUESTION, { key: 'secret', variables: { question } });
const receiptOf = ({ body }: Answer<unknown>) => body.extensions?.privacy;
async function ask(question: unknown, shop: Gateway = gateway): Promise<Asked> {
  const { body } = await send(question, shop);
  expect(body.errors).toBeUndefined();
  return body.data!.askQuestion;
}

beforeAll(async () => {
  await plantAccounts(gateway.database, { accounts: 40, skus: ['tea', 'pot'] });
  await plantAccounts(gateway.database, { accounts: 1, skus: ['jam'] });
  await writeSetting(poor.database, budgetPolicy, { epsilon: '4' });
  await plantAccounts(poor.database, { accounts: 10, skus: ['tea'] });
});

describe('a question', () => {
  it('is priced for nothing, charged as priced, and answered again for nothing', async () => {
    const question = { ...COUNT_BUYERS, epsilon: '0.5' };
    const priced = await gateway.ask<{
      priceQuestion: { epsilon: string; expectedError: number; wouldBeReplayed: boolean; cohorts: object[] };
    }>(PRICE_QUESTION, { key: 'secret', variables: { question } });
    const price = priced.body.data!.priceQuestion;
    expect(price).toMatchObject({ epsilon: '0.5', confidence: 0.95, wouldBeReplayed: false });
    expect(receiptOf(priced)).toEqual({ epsilon: '0', releases: [], isComplete: true });
    expect(await countEntries(gateway.database)).toBe(0);

    const first = await send(question);
    const release = first.body.data!.askQuestion;
    expect(release).toMatchObject({ __typename: 'Release', epsilon: '0.5', isReplay: false, excludedCohorts: [] });
    expect(release.cohorts).toContain(COHORT);
    const [row] = release.rows;
    expect(row!.upper - row!.value).toBe(price.expectedError);
    const line = { path: 'askQuestion', id: release.id, epsilon: '0.5', isReplay: false };
    expect(receiptOf(first)).toEqual({ epsilon: '0.5', releases: [line], isComplete: true });
    const entries = await countEntries(gateway.database);
    expect(entries).toBe(release.cohorts.length);

    const again = await send({ ...question, epsilon: '0.4' });
    expect(again.body.data!.askQuestion).toEqual({ ...release, isReplay: true });
    expect(receiptOf(again)).toEqual({
      epsilon: '0',
      releases: [{ ...line, epsilon: '0', isReplay: true }],
      isComplete: true,
    });
    expect(await countEntries(gateway.database)).toBe(entries);
  });

  it('leaves no receipt on requests that neither price nor ask', async () => {
    expect(receiptOf(await gateway.ask('{ privacyBudgets { cohort } }', { key: 'secret' }))).toBeUndefined();
  });

  it('is charged once under two aliases, two questions twice, each on a line of its own', async () => {
    const text = `mutation Two($one: QuestionInput!, $other: QuestionInput!) {
      a: askQuestion(question: $one) { ... on Release { id isReplay } }
      b: askQuestion(question: $other) { ... on Release { id isReplay } }
    }`;
    const one = { ...COUNT_BUYERS, epsilon: '0.25', spec: { ...COUNT_BUYERS.spec, filter: { skus: ['tea'] } } };
    const other = { ...COUNT_BUYERS, epsilon: '0.25', spec: { ...COUNT_BUYERS.spec, filter: { skus: ['pot'] } } };
    const askTwo = (variables: object) =>
      gateway.ask<{ a: Asked; b: Asked }>(text, { key: 'secret', variables: { ...variables } });
    const same = await askTwo({ one, other: one });
    const { a, b } = same.body.data!;
    expect([a.isReplay, b.isReplay]).toEqual([false, true]);
    expect(b.id).toBe(a.id);
    expect(receiptOf(same)).toMatchObject({
      epsilon: '0.25',
      releases: [
        { path: 'a', epsilon: '0.25' },
        { path: 'b', epsilon: '0' },
      ],
    });
    // The document is compiled by now, and tells the same.
    const second = await askTwo({
      one: other,
      other: { ...other, spec: { ...other.spec, filter: { skus: ['cup'] } } },
    });
    expect(receiptOf(second)).toMatchObject({ epsilon: '0.5', releases: [{ path: 'a' }, { path: 'b' }] });
    const third = await askTwo({ one, other });
    expect(receiptOf(third)).toMatchObject({ epsilon: '0', releases: [{ isReplay: true }, { isReplay: true }] });
  });

  it('may come ten times in a document and not eleven times, which costs nothing', async () => {
    const document = (count: number) =>
      `mutation Many($question: QuestionInput!) { ${Array.from(
        { length: count },
        (_, index) => `q${index}: askQuestion(question: $question) { __typename ... on Release { id rows { value } } }`,
      ).join(' ')} }`;
    const question = { ...COUNT_BUYERS, epsilon: '0.1', spec: { ...COUNT_BUYERS.spec, filter: { skus: ['mug'] } } };
    const before = await spentOf(gateway.database);
    const eleven = await gateway.ask(document(11), { key: 'secret', variables: { question } });
    expect(eleven.body.errors).toMatchObject([{ extensions: { code: 'TOO_COMPLEX' } }]);
    expect(await spentOf(gateway.database)).toEqual(before);
    const ten = await gateway.ask(document(10), { key: 'secret', variables: { question } });
    expect(ten.body.errors).toBeUndefined();
    expect(receiptOf(ten)).toMatchObject({ epsilon: '0.1' });
    expect(receiptOf(ten)!.releases).toHaveLength(10);
  });

  it('is described by a schema for each kind', async () => {
    const { questionSchemas } = await gateway.read<{ questionSchemas: { kind: string; schema: object }[] }>(
      QUESTION_SCHEMAS,
      { key: 'secret' },
    );
    expect(questionSchemas).toHaveLength(11);
    for (const { schema } of questionSchemas) expect(schema).toHaveProperty('$schema');
  });
});

describe('what cannot be asked is refused by name, and costs nothing', () => {
  const spec = COUNT_BUYERS.spec;

  it.each([
    ['a sign', '-1'],
    ['no number', 'NaN'],
    ['an exponent', '1e9'],
    ['a JSON number', 0.5],
    ['400 digits', `0.${'1'.repeat(400)}`],
  ])('epsilon with %s, at the edge', async (_name, epsilon) => {
    const before = await spentOf(gateway.database);
    for (const text of [ASK_QUESTION, PRICE_QUESTION]) {
      const { body } = await gateway.ask(text, {
        key: 'secret',
        variables: { question: { ...COUNT_BUYERS, epsilon } },
      });
      expect(body.data ?? null).toBeNull();
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', path: 'question.epsilon' } }]);
    }
    expect(await spentOf(gateway.database)).toEqual(before);
  });

  it.each([
    ['epsilon', 'zero', { ...COUNT_BUYERS, epsilon: '0' }],
    ['epsilon', 'zero written out', { ...COUNT_BUYERS, epsilon: '0.000' }],
    ['epsilon', 'more than is sane', { ...COUNT_BUYERS, epsilon: '1000' }],
    ['assumedPopulation', 'below one', { ...COUNT_BUYERS, assumedPopulation: 0 }],
    ['spec', 'a list', { ...COUNT_BUYERS, spec: [spec] }],
    [
      'spec.filter.consent',
      'a filter that nobody may ask for',
      { ...COUNT_BUYERS, spec: { ...spec, filter: { consent: 'NO' } } },
    ],
    [
      'spec.filter.skus',
      'an unknown product',
      { ...COUNT_BUYERS, spec: { ...spec, filter: { skus: ['no-such-sku'] } } },
    ],
    ['spec.dimension', 'an unknown dimension', { ...HISTOGRAM, spec: { ...HISTOGRAM.spec, dimension: 'INCOME' } }],
    ['spec.bounds.maxPerKey', 'a bound missing', { ...HISTOGRAM, spec: { ...HISTOGRAM.spec, bounds: { maxKeys: 3 } } }],
    ['spec.bounds.maxKeys', 'all bounds missing', { ...HISTOGRAM, spec: { ...HISTOGRAM.spec, bounds: undefined } }],
    [
      'spec.bounds.maxKeys',
      'a bound of 0',
      { ...HISTOGRAM, spec: { ...HISTOGRAM.spec, bounds: { ...HISTOGRAM.spec.bounds, maxKeys: 0 } } },
    ],
    [
      'spec.filter.until',
      'an end before its beginning',
      { ...COUNT_BUYERS, spec: { ...spec, filter: { since: '2026-02-01', until: '2026-01-01' } } },
    ],
  ])('%s: %s', async (path, _name, question) => {
    const before = await spentOf(gateway.database);
    const { body } = await send(question);
    if (body.errors) throw new Error(JSON.stringify(body.errors));
    const { message, ...refused } = body.data!.askQuestion;
    expect(refused).toMatchObject({ __typename: 'InvalidQuestion', code: 'BAD_INPUT' });
    expect(refused.path.startsWith(path)).toBe(true);
    expect(message).not.toBe('');
    expect(body.extensions!.privacy).toEqual({ epsilon: '0', releases: [], isComplete: true });
    const priced = await gateway.ask(PRICE_QUESTION, { key: 'secret', variables: { question } });
    expect(priced.body.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', path: refused.path } }]);
    expect(await spentOf(gateway.database)).toEqual(before);
    const { refusedAsks } = await gateway.read<{ refusedAsks: object[] }>(LIST_REFUSED_ASKS, {
      key: 'secret',
      variables: { first: 1 },
    });
    expect(refusedAsks).toMatchObject([
      { askedBy: `key:${gateway.keys.secret.slice(0, 9)}`, code: 'BAD_INPUT', parameter: refused.path },
    ]);
  });

  it('a kind that there is not', async () => {
    const { body } = await send({ ...COUNT_BUYERS, kind: 'GUESS' });
    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', path: 'question.kind' } }]);
  });

  it('tells one account apart from none by nothing but noise', async () => {
    const shapes = [];
    // Everybody but one left jam alone, and nobody ever took a cup through the call centre.
    for (const filter of [{ skus: ['jam'] }, { skus: ['cup'], channels: ['CALL_CENTER'] }]) {
      const { body } = await send({ ...COUNT_BUYERS, epsilon: '0.3', spec: { ...spec, filter } });
      const { id, rows, ...rest } = body.data!.askQuestion;
      expect(id).not.toBe('');
      shapes.push({
        rest: { ...rest, releasedAt: null, question: null },
        rows: rows.map(({ key, value, upper }) => ({ key, halfWidth: upper - Math.max(value, 0) >= 0 })),
      });
    }
    expect(shapes[0]).toEqual(shapes[1]);
  });

  it('a clock that was set back, until it is right again', async () => {
    await ask({ ...COUNT_BUYERS, epsilon: '0.2', spec: { ...spec, filter: { channels: ['APP'] } } });
    const before = await spentOf(gateway.database);
    clock.offsetMs = -3_600_000;
    try {
      const question = { ...COUNT_BUYERS, epsilon: '0.2', spec: { ...spec, filter: { channels: ['STORE'] } } };
      const { body } = await send(question);
      expect(body.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', path: 'clock' } }]);
      expect(body.extensions!.privacy).toEqual({ epsilon: '0', releases: [], isComplete: true });
      expect(await spentOf(gateway.database)).toEqual(before);
    } finally {
      clock.offsetMs = 0;
    }
  });
});

it('tells that an ask broke off after it was charged, and keeps the charge', async () => {
  const { pool } = gateway.database;
  const before = await countEntries(gateway.database);
  await pool.query('ALTER TABLE interaction RENAME COLUMN received_at TO gone');
  try {
    const { body } = await send({ ...HISTOGRAM, epsilon: '0.1' });
    expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(body.extensions!.privacy).toEqual({ epsilon: '0', releases: [], isComplete: false });
  } finally {
    await pool.query('ALTER TABLE interaction RENAME COLUMN gone TO received_at');
  }
  expect(await countEntries(gateway.database)).toBeGreaterThan(before);
  const reservations = await pool.query("SELECT status FROM reservation WHERE kind = 'HISTOGRAM'");
  expect(reservations.rows).toEqual([{ status: 'STARTED' }]);
});

describe('limits', () => {
  it('refuses an analyst beyond their allowance, and says when it resets', async () => {
    const key = generateApiKey('SECRET');
    await storeApiKey(gateway.database, key);
    const askedBy = `key:${key.slice(0, 9)}`;
    const asSecond = <Data>(query: string, variables: object) =>
      gateway.ask<Data>(query, { key: null, headers: { 'x-sotto-key': key }, variables: { ...variables } });
    const input = { askedBy, purpose: 'ANALYTICS', epsilon: '0.15', windowDays: 7 };
    const { setAllowance } = await gateway.read<{ setAllowance: object }>(SET_ALLOWANCE, {
      key: 'secret',
      variables: { input },
    });
    expect(setAllowance).toMatchObject({ __typename: 'Allowance', ...input, spent: '0', resetsAt: null });
    const filtered = (country: string) => ({
      ...COUNT_BUYERS,
      epsilon: '0.1',
      spec: { ...COUNT_BUYERS.spec, filter: { countries: [country] } },
    });
    const first = await asSecond<{ askQuestion: Asked }>(ASK_QUESTION, { question: filtered('DE') });
    expect(first.body.data!.askQuestion.__typename).toBe('Release');
    const before = await spentOf(gateway.database);
    const second = await asSecond<{ askQuestion: Asked }>(ASK_QUESTION, { question: filtered('FR') });
    expect(second.body.data!.askQuestion).toMatchObject({
      __typename: 'AllowanceExceeded',
      code: 'ALLOWANCE_EXCEEDED',
      resetsAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(await spentOf(gateway.database)).toEqual(before);
    expect((await ask(filtered('FR'))).__typename).toBe('Release'); // others may go on
    const replay = await asSecond<{ askQuestion: Asked }>(ASK_QUESTION, { question: filtered('FR') });
    expect(replay.body.data!.askQuestion).toMatchObject({ isReplay: true }); // which costs nothing
  });

  it('lets one of two analysts spend what is left, and tells the other', async () => {
    const key = generateApiKey('SECRET');
    await storeApiKey(poor.database, key);
    const question = (sku: string) => ({
      ...COUNT_BUYERS,
      epsilon: '2',
      spec: { ...COUNT_BUYERS.spec, filter: { skus: [sku] } },
    });
    const answers = await Promise.all([
      poor.ask<{ askQuestion: Asked }>(ASK_QUESTION, { key: 'secret', variables: { question: question('tea') } }),
      poor.ask<{ askQuestion: Asked }>(ASK_QUESTION, {
        key: null,
        headers: { 'x-sotto-key': key },
        variables: { question: question('pot') },
      }),
    ]);
    const results = answers.map(({ body }) => body.data!.askQuestion);
    expect(results.map(({ __typename }) => __typename).sort()).toEqual(['BudgetExhausted', 'Release']);
    const refused = results.find(({ __typename }) => __typename === 'BudgetExhausted')!;
    expect(refused).toMatchObject({ code: 'BUDGET_EXHAUSTED', requestedEpsilon: '2' });
    expect(refused.budgets).toContainEqual(expect.objectContaining({ cohort: COHORT, epsilonLimit: '4' }));
    const before = await spentOf(poor.database);
    expect((await ask(question('cup'), poor)).__typename).toBe('BudgetExhausted');
    expect(await spentOf(poor.database)).toEqual(before);
    const { refusedAsks } = await poor.read<{ refusedAsks: { code: string; question: object }[] }>(LIST_REFUSED_ASKS, {
      key: 'secret',
    });
    expect(refusedAsks.map(({ code }) => code)).toEqual(['BUDGET_EXHAUSTED', 'BUDGET_EXHAUSTED']);
  });
});
