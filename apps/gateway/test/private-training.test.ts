import { inTransaction, writeSetting, writeStatistic } from '@sotto/database';
import { budgetPolicy, completeRelease, listEntries, startReservation } from '@sotto/ledger';
import { beforeAll, describe, expect, it } from 'vitest';
import { COHORT, plantAccounts, spentOf } from './asking-shop.ts';
import { LIST_MODEL_VERSIONS, REQUEST_TRAINING } from './documents.ts';
import { useGateway } from './harness.ts';
import { LIST_REFUSED_ASKS, SET_ALLOWANCE } from './privacy-documents.ts';

let clockOffsetMs = 0;
const gateway = useGateway({ clock: () => new Date(Date.now() + clockOffsetMs) });
const db = () => gateway.database;
const askedBy = () => `key:${gateway.keys.secret.slice(0, 9)}`;

interface Requested {
  readonly __typename: string;
  readonly id: string;
  readonly path?: string;
  readonly log?: readonly string[];
}
const request = (input: object) =>
  gateway.ask<{ requestTraining: Requested }>(REQUEST_TRAINING, { key: 'secret', variables: { input } });
const ask = async (input: object) => (await request(input)).body.data!.requestTraining;
const countVersions = async () =>
  (await db().pool.query('SELECT count(*)::int AS count FROM model_version')).rows[0].count;

beforeAll(async () => {
  await writeSetting(db(), budgetPolicy, { epsilon: '3' });
  await plantAccounts(db(), { accounts: 20, skus: ['tea'] });
});

describe('a bad epsilon is refused by name, and nothing is charged:', () => {
  it.each([['0'], ['0.00'], ['0.001'], ['21'], ['999999999']])('%s', async (epsilon) => {
    const before = [await spentOf(db()), await countVersions()];
    expect(await ask({ algorithm: 'private-ease', epsilon })).toMatchObject({
      __typename: 'InvalidInput',
      code: 'BAD_INPUT',
      path: 'epsilon',
    });
    expect([await spentOf(db()), await countVersions()]).toEqual(before);
  });

  it.each([['-1'], ['NaN'], ['1e9'], ['Infinity'], ['1'.repeat(400)], [1], [0.5]])('%s', async (epsilon) => {
    const before = [await spentOf(db()), await countVersions()];
    const { body } = await request({ algorithm: 'private-ease', epsilon });
    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', path: 'input.epsilon' } }]);
    expect([await spentOf(db()), await countVersions()]).toEqual(before);
  });
});

it('charges in the name of the key, and says so in extensions.privacy', async () => {
  const { body } = await request({ algorithm: 'private-ease', epsilon: '0.5' });
  expect(body.data!.requestTraining).toMatchObject({
    __typename: 'TrainingRun',
    status: 'PENDING',
    log: ['Planned: a release of epsilon 0.5 at delta 0.000001, counted alone'],
  });
  expect(body.extensions!.privacy).toMatchObject({
    epsilon: '0.5',
    releases: [{ path: 'requestTraining', epsilon: '0.5', isReplay: false }],
  });
  const { entries } = (await listEntries(db(), { first: 1, filter: { cohort: COHORT } }))!;
  expect(entries).toMatchObject([{ askedBy: askedBy(), purpose: 'TRAINING', kind: 'STATISTIC' }]);
  const { modelVersions } = await gateway.read<{ modelVersions: { edges: unknown[] } }>(LIST_MODEL_VERSIONS, {
    key: 'secret',
  });
  expect(modelVersions.edges[0]).toMatchObject({
    node: { algorithm: 'private-ease', privacy: { level: 'DIFFERENTIAL', epsilon: null, delta: null } },
  });
});

it('charges each alias, and each of two who ask at once', async () => {
  const count = async () => (await listEntries(db(), { first: 100, filter: { cohort: COHORT } }))!.entries.length;
  const before = await count();
  const one = 'requestTraining(input: { algorithm: "private-popularity", epsilon: "0.1" }) { __typename }';
  const query = `mutation { first: ${one} second: ${one} }`;
  const answers = await Promise.all([1, 2].map(() => gateway.ask(query, { key: 'secret' })));
  for (const { body } of answers)
    expect(body.extensions!.privacy).toMatchObject({
      epsilon: '0.2',
      releases: [{ path: 'first' }, { path: 'second' }],
    });
  expect(await count()).toBe(before + 4);
});

it('refuses while the clock is set back', async () => {
  const before = [await spentOf(db()), await countVersions()];
  clockOffsetMs = -3_600_000;
  const { body } = await request({ algorithm: 'private-ease', epsilon: '0.5' });
  clockOffsetMs = 0;
  expect(body.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', path: 'clock' } }]);
  expect([await spentOf(db()), await countVersions()]).toEqual(before);
});

it('costs nothing more from stored releases', async () => {
  expect(await ask({ algorithm: 'private-ease' }), 'none is stored yet').toMatchObject({
    __typename: 'InvalidInput',
    path: 'epsilon',
  });
  const { rows } = await db().pool.query("SELECT id FROM reservation WHERE status = 'RESERVED' LIMIT 1");
  await startReservation(db(), rows[0].id);
  await inTransaction(db(), async (tx) => {
    await completeRelease(tx, rows[0].id, { answer: {}, rows: [] }, new Date());
    await writeStatistic(tx, rows[0].id, new Uint8Array([1]), new Date());
  });
  const before = await spentOf(db());
  const { body } = await request({ algorithm: 'private-ease' });
  expect(body.data!.requestTraining).toMatchObject({
    __typename: 'TrainingRun',
    log: ['Costs nothing more: learns from stored releases alone'],
  });
  expect(body.extensions!.privacy).toMatchObject({ epsilon: '0', releases: [] });
  expect(await spentOf(db())).toEqual(before);
});

it('is bounded by an allowance', async () => {
  const input = { askedBy: askedBy(), purpose: 'TRAINING', epsilon: '0.1', windowDays: 30 };
  await gateway.read(SET_ALLOWANCE, { key: 'secret', variables: { input } });
  expect(await ask({ algorithm: 'private-ease', epsilon: '0.5' })).toMatchObject({
    __typename: 'AllowanceExceeded',
    code: 'ALLOWANCE_EXCEEDED',
    resetsAt: expect.any(String),
  });
  await gateway.read(SET_ALLOWANCE, { key: 'secret', variables: { input: { ...input, epsilon: null } } });
});

it('is refused, with what is left, once the budget is spent; what is stored goes on serving for nothing', async () => {
  let answer = await ask({ algorithm: 'private-ease', epsilon: '1' });
  for (let asked = 1; answer.__typename === 'TrainingRun'; asked++) {
    expect(asked, 'epsilon 1 alone fits a budget of 3 a few times').toBeLessThan(20);
    answer = await ask({ algorithm: 'private-ease', epsilon: '1' });
  }
  const before = [await spentOf(db()), await countVersions()];
  expect(await ask({ algorithm: 'private-ease', epsilon: '1' })).toMatchObject({
    __typename: 'BudgetExhausted',
    code: 'BUDGET_EXHAUSTED',
    requestedEpsilon: '1',
    cohorts: expect.arrayContaining([expect.objectContaining({ cohort: COHORT })]),
  });
  expect([await spentOf(db()), await countVersions()]).toEqual(before);
  const { refusedAsks } = await gateway.read<{ refusedAsks: unknown[] }>(LIST_REFUSED_ASKS, {
    key: 'secret',
    variables: { first: 1 },
  });
  expect(refusedAsks).toMatchObject([{ askedBy: askedBy(), purpose: 'TRAINING', code: 'BUDGET_EXHAUSTED' }]);
  expect(await ask({ algorithm: 'private-popularity' })).toMatchObject({ __typename: 'TrainingRun' });
});
