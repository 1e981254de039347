import { recordAttackReport } from '@sotto/database';
import { verifyLedger } from '@sotto/ledger';
import { cohortOf } from '@sotto/shop';
import { beforeAll, describe, expect, it } from 'vitest';
import { COHORT, COUNT_BUYERS, plantAccounts } from './asking-shop.ts';
import { asCustomer, newVisitor, useGateway } from './harness.ts';
import {
  ASK_QUESTION,
  GET_PASSPORT,
  LIST_ALLOWANCES,
  LIST_ATTACK_REPORTS,
  LIST_BUDGETS,
  LIST_LEDGER,
  LIST_REFUSED_ASKS,
  LIST_RELEASES,
  PRICE_QUESTION,
  SET_ALLOWANCE,
} from './privacy-documents.ts';

const gateway = useGateway();
const asShop = <Data>(query: string, variables: Record<string, unknown> = {}) =>
  gateway.read<Data>(query, { key: 'secret', variables });
const countIn = (country: string) => ({
  ...COUNT_BUYERS,
  epsilon: '0.3',
  spec: { ...COUNT_BUYERS.spec, filter: { countries: [country] } },
});
const askedBy = () => `key:${gateway.keys.secret.slice(0, 9)}`;

interface Budget {
  readonly cohort: string;
  readonly epsilonSpent: string;
  readonly epsilonRemaining: string;
  readonly lossShareSpent: number;
  readonly headHash: string;
  readonly spentByPurpose: Readonly<Record<string, string>>;
}
interface Entry {
  readonly id: string;
  readonly cohort: string;
  readonly sequence: number;
  readonly epsilon: string;
  readonly cumulativeEpsilon: string;
  readonly hash: string;
  readonly previousHash: string;
  readonly release: { readonly id: string };
}
interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

beforeAll(async () => {
  await plantAccounts(gateway.database, { accounts: 20, skus: ['tea'] });
  for (const country of ['DE', 'FR', 'IT']) await asShop(ASK_QUESTION, { question: countIn(country) });
});

/** Every node, page by page of two. */
async function readAll<Node>(query: string, field: string, variables: object = {}): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const data: Record<string, Connection<Node>> = await asShop(query, { ...variables, first: 2, after });
    const { edges, pageInfo } = data[field]!;
    nodes.push(...edges.map(({ node }) => node));
    after = pageInfo.endCursor;
    more = pageInfo.hasNextPage;
  }
  return nodes;
}

describe('budgets', () => {
  it('say what is spent and left of every cohort', async () => {
    const { privacyBudgets } = await asShop<{ privacyBudgets: Budget[] }>(LIST_BUDGETS);
    expect(privacyBudgets.map(({ cohort }) => cohort)).toEqual(privacyBudgets.map(({ cohort }) => cohort).sort());
    const budget = privacyBudgets.find(({ cohort }) => cohort === COHORT)!;
    expect(budget).toMatchObject({
      epsilonLimit: '10',
      delta: '0.000001',
      headHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(Number(budget.epsilonSpent)).toBeGreaterThan(0);
    expect(Number(budget.epsilonSpent) + Number(budget.epsilonRemaining)).toBeCloseTo(10, 9);
    expect(Number(budget.spentByPurpose['ANALYTICS'])).toBeCloseTo(budget.lossShareSpent, 9);
  });

  it('are what a price leaves of them, once it is paid', async () => {
    const question = countIn('ES');
    const { priceQuestion } = await asShop<{ priceQuestion: { cohorts: Budget[]; questionsLeft: number } }>(
      PRICE_QUESTION,
      { question },
    );
    expect(priceQuestion.questionsLeft).toBeGreaterThan(10);
    await asShop(ASK_QUESTION, { question });
    const { privacyBudgets } = await asShop<{ privacyBudgets: Budget[] }>(LIST_BUDGETS);
    for (const { cohort, epsilonSpent } of priceQuestion.cohorts)
      expect(privacyBudgets.find((budget) => budget.cohort === cohort)!.epsilonSpent).toBe(epsilonSpent);
  });
});

describe('the ledger', () => {
  it('lists every entry once, chained, with its release', async () => {
    const entries = await readAll<Entry>(LIST_LEDGER, 'privacyLedger', { filter: { cohort: COHORT } });
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => entries.length - index));
    for (const [index, entry] of entries.slice(0, -1).entries()) {
      expect(entry.previousHash).toBe(entries[index + 1]!.hash);
      expect(Number(entry.cumulativeEpsilon) - Number(entry.epsilon)).toBeCloseTo(
        Number(entries[index + 1]!.cumulativeEpsilon),
        9,
      );
    }
    expect(entries[0]).toMatchObject({
      askedBy: askedBy(),
      purpose: 'ANALYTICS',
      question: { kind: 'COUNT' },
      event: { kind: expect.any(String) },
      release: { isReplay: false },
    });
    expect(await verifyLedger(gateway.database)).toMatchObject({ valid: true });
    const node = await asShop('query($id: ID!) { node(id: $id) { id ... on LedgerEntry { hash } } }', {
      id: entries[1]!.id,
    });
    expect(node).toEqual({ node: { id: entries[1]!.id, hash: entries[1]!.hash } });
  });

  it('is filtered by who asked, what for and when', async () => {
    const count = async (filter: object) => (await readAll(LIST_LEDGER, 'privacyLedger', { filter })).length;
    const all = await count({});
    expect(all).toBeGreaterThan(0);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect(await count({ askedBy: askedBy(), purpose: 'ANALYTICS', until: tomorrow })).toBe(all);
    for (const filter of [
      { askedBy: 'key:sk_nobody' },
      { purpose: 'TRAINING' },
      { since: tomorrow },
      { cohort: '1999-01' },
    ])
      expect(await count(filter), JSON.stringify(filter)).toBe(0);
  });

  it.each([
    ['filter.cohort', { filter: { cohort: 'May' } }],
    ['filter.cohort', { filter: { cohort: '2026-01\0' } }],
    ['filter.askedBy', { filter: { askedBy: 'a\0b' } }],
    ['first', { first: 101 }],
    ['after', { after: 'x' }],
  ])('refuses a wrong %s by name', async (path, variables) => {
    const { body } = await gateway.ask(LIST_LEDGER, { key: 'secret', variables });
    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', path } }]);
  });
});

it('lists releases, newest first, and finds each by its id', async () => {
  const releases = await readAll<{ id: string; releasedAt: string; question: object }>(LIST_RELEASES, 'releases');
  expect(releases.length).toBeGreaterThanOrEqual(3);
  expect(new Set(releases.map(({ id }) => id)).size).toBe(releases.length);
  const times = releases.map(({ releasedAt }) => releasedAt);
  expect(times).toEqual([...times].sort().reverse());
  const { id, question } = releases[0]!;
  const node = await asShop('query($id: ID!) { node(id: $id) { id ... on Release { question } } }', { id });
  expect(node).toEqual({ node: { id, question } });
  for (const text of [LIST_RELEASES, LIST_LEDGER, LIST_BUDGETS, LIST_REFUSED_ASKS]) {
    const { body } = await gateway.ask(text);
    expect(body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  }
  const { body } = await gateway.ask('query($id: ID!) { node(id: $id) { id } }', { variables: { id } });
  expect(body).toMatchObject({ data: { node: null }, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
});

describe('allowances', () => {
  const set = async (input: object) =>
    (await asShop<{ setAllowance: object | null }>(SET_ALLOWANCE, { input })).setAllowance;
  const list = async () => (await asShop<{ allowances: object[] }>(LIST_ALLOWANCES)).allowances;

  it('are set, shown with what is spent of them, and taken back', async () => {
    const everybody = { askedBy: '*', purpose: 'ANALYTICS', epsilon: '5', windowDays: 30 };
    expect(await set(everybody)).toMatchObject({ ...everybody, spent: '0' });
    expect(await list()).toMatchObject([
      { ...everybody, isDefault: false },
      { ...everybody, askedBy: askedBy(), isDefault: true, spent: '1.2', resetsAt: expect.any(String) },
    ]);
    const own = { ...everybody, askedBy: askedBy(), epsilon: '2' };
    expect(await set(own)).toMatchObject({ ...own, spent: '1.2' });
    expect(await set({ ...own, epsilon: null })).toBeNull();
    expect(await set({ ...everybody, epsilon: null })).toBeNull();
    expect(await list()).toEqual([]);
  });

  it.each([
    ['askedBy', { askedBy: '', purpose: 'ANALYTICS', epsilon: '1' }],
    ['askedBy', { askedBy: 'a\0b', purpose: 'ANALYTICS', epsilon: '1' }],
    ['windowDays', { askedBy: '*', purpose: 'ANALYTICS', epsilon: '1', windowDays: 0 }],
    ['windowDays', { askedBy: '*', purpose: 'ANALYTICS', epsilon: '1', windowDays: 1_000_000 }],
  ])('refuse a wrong %s by name', async (path, input) => {
    expect(await set(input)).toMatchObject({ __typename: 'InvalidInput', code: 'BAD_INPUT', path });
  });
});

it('shows reports of attacks, newest first', async () => {
  const row = { attack: 'lattice', target: 'laplace', claimedEpsilon: 1, empiricalEpsilonLower: 0.7, passed: true };
  await recordAttackReport(gateway.database, [row]);
  const { attackReports } = await asShop<{ attackReports: object[] }>(LIST_ATTACK_REPORTS);
  expect(attackReports).toMatchObject([{ passed: true, rows: [row] }]);
});

describe('the passport', () => {
  const passportOf = async (headers: Record<string, string>) =>
    (await gateway.read<{ viewer: { privacy: Record<string, unknown> } }>(GET_PASSPORT, { headers })).viewer.privacy;

  it("of an account is its cohort's budget, whoever asks for it", async () => {
    const headers = asCustomer('alice');
    await gateway.read(
      'mutation { updateConsent(input: { purpose: ANALYTICS, isGranted: true }) { consents { purpose } } }',
      {
        headers,
      },
    );
    const { pool } = gateway.database;
    await pool.query('UPDATE customer SET cohort = $1 WHERE id = (SELECT customer_id FROM consent_change LIMIT 1)', [
      COHORT,
    ]);
    const { privacyBudgets } = await asShop<{ privacyBudgets: Budget[] }>(LIST_BUDGETS);
    const { epsilonSpent } = privacyBudgets.find(({ cohort }) => cohort === COHORT)!;
    const entries = await readAll(LIST_LEDGER, 'privacyLedger', { filter: { cohort: COHORT } });
    expect(await passportOf(headers)).toEqual({
      cohort: COHORT,
      epsilonSpent,
      epsilonLimit: '10',
      delta: '0.000001',
      releaseCount: entries.length,
      modelVersions: [],
    });
    expect(await gateway.read('{ viewer { customer { privacy { cohort } } } }', { headers })).toEqual({
      viewer: { customer: { privacy: { cohort: COHORT } } },
    });
  });

  it('names the models that the account may be part of', async () => {
    const { pool } = gateway.database;
    const insert = (algorithm: string, level: string, startedAt: string, releases: string[] = []) =>
      pool.query(
        `INSERT INTO model_version (id, algorithm, status, hyperparameters, privacy_level, requested_by, started_at, release_ids)
         VALUES (gen_random_uuid(), $1, 'READY', '{}', $2::privacy_level, 'test', $3, $4)`,
        [algorithm, level, startedAt, releases],
      );
    const { rows } = await pool.query('SELECT id FROM reservation WHERE $1 = ANY (cohorts) LIMIT 1', [COHORT]);
    await insert('before-the-account', 'NONE', '2026-08-31T23:59:59Z');
    await insert('since-the-account', 'NONE', '2026-09-01T00:00:00Z');
    await insert('of-another-release', 'DIFFERENTIAL', '2026-10-01T00:00:00Z', [crypto.randomUUID()]);
    await insert('of-its-release', 'DIFFERENTIAL', '2026-10-01T00:00:00Z', [rows[0].id]);
    const { modelVersions } = await passportOf(asCustomer('alice'));
    const names = (modelVersions as { algorithm: string }[]).map(({ algorithm }) => algorithm);
    expect(names.sort()).toEqual(['of-its-release', 'since-the-account']);
  });

  it('of somebody who is no account is empty', async () => {
    for (const headers of [newVisitor(), asCustomer('nobody-yet')])
      expect(await passportOf(headers)).toMatchObject({
        cohort: cohortOf(new Date()),
        epsilonSpent: '0',
        epsilonLimit: '10',
        releaseCount: 0,
      });
  });
});
