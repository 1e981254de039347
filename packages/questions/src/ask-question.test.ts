import { writeSetting } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { budgetPolicy, listEntries, listRefusals, verifyLedger } from '@sotto/ledger';
import { beforeAll, describe, expect, it } from 'vitest';
import { askQuestion, priceQuestion } from './ask-question.ts';
import { InvalidQuestionError } from './invalid-question-error.ts';
import { parseQuestion } from './parse-question.ts';
import { QUESTION_KINDS, type QuestionInput } from './question-kinds.ts';
import { SPEC_EXAMPLES } from './testing/examples.ts';
import { COHORTS, makeShop, NOW, storeShop } from './testing/shop.ts';

const database = useDatabase();
const shop = makeShop('ask', 200);
const options = { askedBy: 'ana', now: () => NOW };

beforeAll(async () => {
  await writeSetting(database.current, budgetPolicy, { epsilon: '60', delta: '0.000001' });
  await storeShop(database.current, shop);
});

const ask = (input: QuestionInput) => askQuestion(database.current, parseQuestion(input), options);
const price = (input: QuestionInput) =>
  priceQuestion(database.current, parseQuestion(input), { askedBy: 'ana', now: NOW });

async function release(input: QuestionInput) {
  const result = await ask(input);
  if (result.kind !== 'released') throw new Error(`not released: ${result.kind}`);
  return result;
}

const entryCount = async () => (await listEntries(database.current, { first: 1_000 }))!.entries.length;

describe.each(QUESTION_KINDS)('%s', (kind) => {
  const input = { kind, spec: SPEC_EXAMPLES[kind], epsilon: '1' };

  it('is priced without reading a customer, then answered with the same noise, then replayed', async () => {
    const { pool } = database.current;
    // A lock that no reader of what customers did gets past; the server ends it, and so the test, if one waits for it.
    const client = await pool.connect();
    let priced: Awaited<ReturnType<typeof price>>;
    try {
      await client.query('BEGIN');
      await client.query("SET LOCAL idle_in_transaction_session_timeout = '5s'");
      await client.query('LOCK TABLE interaction, impression IN ACCESS EXCLUSIVE MODE');
      priced = await price(input);
      await client.query('ROLLBACK');
    } finally {
      client.release();
    }
    expect(priced).toMatchObject({ epsilon: '1', delta: '0.000001', confidence: 0.95, wouldBeReplayed: false });
    expect(priced.questionsLeft).toBeGreaterThan(0);
    expect(priced.cohorts.map(({ cohort }) => cohort)).toEqual(expect.arrayContaining([...COHORTS]));

    const first = await release(input);
    expect(first).toMatchObject({ chargedEpsilon: '1' });
    expect(first.release).toMatchObject({
      isReplay: false,
      mechanism: priced.mechanism,
      noiseScale: priced.noiseScale,
      epsilon: '1',
    });
    if (kind !== 'CO_PURCHASE') expect(first.release.rows.length).toBeGreaterThan(0);
    for (const { value, lower, upper, isSuppressed } of first.release.rows) {
      if (isSuppressed) expect([value, lower, upper]).toEqual([null, null, null]);
      else {
        expect(Number.isFinite(value)).toBe(true);
        expect(lower!).toBeLessThanOrEqual(upper!);
      }
    }

    const charged = await entryCount();
    expect((await price(input)).wouldBeReplayed).toBe(true);
    const second = await release({ ...input, epsilon: '0.7', assumedPopulation: 10 });
    expect(second).toMatchObject({ chargedEpsilon: '0', release: { id: first.release.id, isReplay: true } });
    expect(second.release.rows).toEqual(first.release.rows);
    expect(await entryCount()).toBe(charged);
  });
});

it('answers a paraphrase from the stored release', async () => {
  const filter = { since: '2026-01-01', until: '2026-03-01', countries: ['FR', 'DE'], eventTypes: ['VIEW', 'CART'] };
  const first = await release({ kind: 'COUNT', spec: { measure: 'CUSTOMERS', filter } });
  const paraphrase = {
    countries: ['de', 'fr', 'DE'],
    until: '2026-03-01T01:00:00+01:00',
    eventTypes: ['CART', 'VIEW'],
    since: '2026-01-01T00:00:00Z',
    skus: null,
  };
  const second = await release({ kind: 'COUNT', spec: { filter: paraphrase, measure: 'CUSTOMERS' } });
  expect(second).toMatchObject({ chargedEpsilon: '0', release: { id: first.release.id } });
});

it('answers a filter that nothing matches, and one that one customer matches, as any other', async () => {
  const nobody = await release({
    kind: 'COUNT',
    spec: { measure: 'CUSTOMERS', filter: { channels: ['CALL_CENTER'] } },
  });
  const somebody = await release({ kind: 'COUNT', spec: { measure: 'CUSTOMERS', filter: { channels: ['WEB'] } } });
  const shapeOf = ({ release: { rows, answer, mechanism, noiseScale }, chargedEpsilon }: typeof nobody) => ({
    rows: rows.map(({ key, isSuppressed }) => ({ key, isSuppressed })),
    answer,
    mechanism,
    noiseScale,
    chargedEpsilon,
  });
  expect(shapeOf(nobody)).toEqual(shapeOf(somebody));
  const series = await release({
    kind: 'TIME_SERIES',
    spec: {
      dimension: 'MONTH',
      measure: 'CUSTOMERS',
      bounds: { maxKeys: 2 },
      filter: { since: '2031-01-01', until: '2031-06-01', channels: ['EMAIL'] },
    },
  });
  expect(series.release.rows.map(({ key }) => key)).toEqual(['2031-01', '2031-02', '2031-03', '2031-04', '2031-05']);
});

it('refuses what the catalogue does not have, without a charge, and keeps the refusal in the log', async () => {
  const before = await entryCount();
  const refused: [string, QuestionInput][] = [
    ['spec.filter.skus', { kind: 'COUNT', spec: { measure: 'CUSTOMERS', filter: { skus: ['sku-01', 'no such'] } } }],
    ['spec.filter.categories', { kind: 'COUNT', spec: { measure: 'CUSTOMERS', filter: { categories: ['Boks'] } } }],
    ['spec.k', { kind: 'TOP_K', spec: { ...SPEC_EXAMPLES.TOP_K, k: 25 } }],
  ];
  for (const [path, input] of refused) {
    await expect(ask(input)).rejects.toMatchObject({ name: 'InvalidQuestionError', path });
    await expect(price(input)).rejects.toBeInstanceOf(InvalidQuestionError);
  }
  expect(await entryCount()).toBe(before);
  const logged = (await listRefusals(database.current, { first: 3 })).map(({ parameter }) => parameter);
  expect(logged.sort()).toEqual(refused.map(([path]) => path).sort());
});

it('is not answered when nothing is left, and says so', async () => {
  const asked = (n: number) =>
    parseQuestion({ kind: 'COUNT', spec: { measure: 'INTERACTIONS', bounds: { maxPerKey: n } }, epsilon: '20' });
  let n = 1;
  for (; n < 60; n++) {
    const priced = await priceQuestion(database.current, asked(n), { askedBy: 'ana', now: NOW });
    const result = await askQuestion(database.current, asked(n), options);
    expect(result.kind).toBe(priced.questionsLeft > 0 ? 'released' : 'budget-exhausted');
    if (result.kind !== 'released') break;
  }
  expect(n).toBeGreaterThan(1);
  const before = await entryCount();
  expect(await askQuestion(database.current, asked(n), options)).toMatchObject({
    kind: 'budget-exhausted',
    requestedEpsilon: '20',
  });
  expect(await entryCount()).toBe(before);
  // The last to run: the chain of everything that this file asked holds.
  expect(await verifyLedger(database.current)).toMatchObject({ valid: true, firstBroken: null });
});
