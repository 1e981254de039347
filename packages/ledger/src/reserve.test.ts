import { randomUUID } from 'node:crypto';
import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  findReservation,
  listBudgets,
  listEntries,
  type PrivacyBudget,
  priceRelease,
  type ReleaseRequest,
  type ReserveResult,
  reserve,
  startReservation,
  verifyLedger,
} from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { createRequest, NOON, releaseNow, reserveNow, setBudgetFor } from './testing/requests.ts';

const database = useDatabase();
beforeEach(() => emptyLedger(database.current));

const reserveAt = (request: ReleaseRequest, now = NOON): Promise<ReserveResult> =>
  inTransaction(database.current, (tx) => reserve(tx, request, now));

const reserved = (request: ReleaseRequest, now = NOON) => reserveNow(database.current, request, now);
const release = (request: ReleaseRequest, value: number, now = NOON) =>
  releaseNow(database.current, request, value, now);

/** A question of its own. */
const createOther = (changes: Partial<ReleaseRequest> = {}) =>
  createRequest({ question: { number: randomUUID() }, ...changes });

async function countRows(): Promise<{ entries: number; reservations: number }> {
  const { rows } = await database.current.pool.query(
    'SELECT (SELECT count(*)::int FROM ledger_entry) AS entries, (SELECT count(*)::int FROM reservation) AS reservations',
  );
  return rows[0];
}

it('charges every cohort of the window and chains an entry to each', async () => {
  const reservation = await reserved(createOther());
  expect(reservation).toMatchObject({
    cohorts: ['2026-01', '2026-02', '2026-03'],
    excludedCohorts: [],
    windowEnd: new Date('2026-03-15T00:00:00Z'),
    status: 'RESERVED',
    reservedAt: NOON,
  });
  expect(await findReservation(database.current, reservation.id)).toEqual(reservation);
  const page = await listEntries(database.current, { first: 10 });
  expect(page?.entries.map(({ cohort, sequence, releaseId }) => ({ cohort, sequence, releaseId }))).toEqual([
    { cohort: '2026-03', sequence: 1, releaseId: null },
    { cohort: '2026-02', sequence: 1, releaseId: null },
    { cohort: '2026-01', sequence: 1, releaseId: null },
  ]);
  const [budget] = await listBudgets(database.current, { cohorts: ['2026-03'] });
  expect(budget).toMatchObject({ epsilonLimit: '10', entryCount: 1, headHash: page?.entries[0]?.hash });
  expect(budget?.epsilonSpent).toBe(page?.entries[0]?.cumulativeEpsilon);
  expect(await verifyLedger(database.current)).toEqual({ entries: 3, valid: true, firstBroken: null });
});

describe('bad input is refused by name and charges nothing:', () => {
  it.each<[string, Partial<ReleaseRequest>]>([
    ['epsilon', { epsilon: '0' }],
    ['epsilon', { epsilon: '-1' }],
    ['epsilon', { epsilon: 'NaN' }],
    ['epsilon', { epsilon: '1e9' }],
    ['epsilon', { epsilon: '1001' }],
    ['epsilon', { epsilon: '1'.repeat(400) }],
    ['epsilon', { epsilon: 1 as unknown as string }],
    ['epsilon', { epsilon: '0.0000000000001' }],
    ['delta', { delta: '0' }],
    ['delta', { delta: '1' }],
    ['delta', { event: { kind: 'approximate', epsilon: '1', delta: '0.000000011' } }],
    ['event', { event: { kind: 'ownDelta', delta: '0' } }],
    ['event', { event: undefined as unknown as ReleaseRequest['event'] }],
    ['kind', { event: { kind: 'magic' } as unknown as ReleaseRequest['event'] }],
    ['epsilon', { event: { kind: 'pure', epsilon: '-1' } }],
    ['event', { event: { kind: 'poissonSampled', probability: '0.5', event: { kind: 'pure', epsilon: '1' } } }],
    ['purpose', { purpose: 'FUN' as ReleaseRequest['purpose'] }],
    ['kind', { kind: ' ' }],
    ['askedBy', { askedBy: '*' }],
    ['askedBy', { askedBy: 'a\0' }],
    ['mechanism', { mechanism: '' }],
    ['noiseScale', { noiseScale: Number.NaN }],
    ['noiseScale', { noiseScale: Number.POSITIVE_INFINITY }],
    ['question', { question: { epsilon: '1' } }],
    ['question', { question: { since: new Date() } }],
    ['question', { question: { text: '\ud800' } }],
    ['question', { question: { value: Number.NaN } }],
    ['question', { question: { text: 'a'.repeat(2 ** 20) } }],
  ])('%s of %j', async (parameter, changes) => {
    const before = await countRows();
    await expect(reserveAt(createOther(changes))).rejects.toMatchObject({ code: 'BAD_INPUT', parameter });
    expect(await countRows()).toEqual(before);
  });
});

it('admits a failure probability of its own of just 1e-8', async () => {
  await reserved(createOther({ event: { kind: 'approximate', epsilon: '0.1', delta: '0.00000001' } }));
});

describe('a replay', () => {
  it('is the most accurate stored answer to the same question, whoever asks, in whatever order of keys', async () => {
    const question = { b: [1, { y: 2, x: 1 }], a: randomUUID() };
    const id = await release(createRequest({ question, epsilon: '0.5', event: { kind: 'pure', epsilon: '0.5' } }), 7);
    const before = await countRows();
    const asked = createRequest({
      question: { a: question.a, b: [1, { x: 1, y: 2 }] },
      askedBy: 'another',
      epsilon: '0.50',
    });
    expect(await reserveAt(asked)).toMatchObject({
      kind: 'replay',
      release: { id, isReplay: true, answer: { value: 7 }, askedBy: 'analyst', epsilon: '0.5' },
    });
    expect(await countRows()).toEqual(before);
    const { rows } = await database.current.pool.query('SELECT asked_by FROM replay WHERE release_id = $1', [id]);
    expect(rows).toEqual([{ asked_by: 'another' }]);
    const finer = await release(
      createRequest({ question, epsilon: '0.7', event: { kind: 'pure', epsilon: '0.7' } }),
      8,
    );
    expect(await reserveAt(asked)).toMatchObject({ kind: 'replay', release: { id: finer } });
  });

  it('is not another question, kind, window, nor what must be fresh', async () => {
    const question = { number: randomUUID() };
    const small: Partial<ReleaseRequest> = { epsilon: '0.1', event: { kind: 'pure', epsilon: '0.1' } };
    await release(createRequest({ question, ...small }), 7);
    await reserved(createRequest({ question: { ...question, more: 1 }, ...small }));
    await reserved(createRequest({ question, kind: 'SUM', ...small }));
    await reserved(createRequest({ question, isFresh: true, ...small }));
    expect(await reserveAt(createRequest({ question, ...small }))).toMatchObject({ kind: 'replay' });
    await reserved(createRequest({ question, ...small }), new Date('2026-03-16T12:00:00Z'));
  });
});

describe('a cohort that cannot pay', () => {
  /** January holds one count of epsilon 1, February two. */
  async function spendJanuary(): Promise<void> {
    await setBudgetFor(database.current, 1);
    await reserved(createOther(), new Date('2026-01-20T00:00:00Z'));
    await setBudgetFor(database.current, 2);
  }
  const FEBRUARY = new Date('2026-02-20T00:00:00Z');

  it('is left out and named; when none is left, the budget is exhausted', async () => {
    await spendJanuary();
    const price = await priceRelease(database.current, createOther(), FEBRUARY);
    expect(price).toMatchObject({ epsilon: '1', questionsLeft: 2, excludedCohorts: ['2026-01'] });
    expect(await reserved(createOther(), FEBRUARY)).toMatchObject({
      cohorts: ['2026-02'],
      excludedCohorts: ['2026-01'],
    });
    await reserved(createOther(), FEBRUARY);
    expect(await reserveAt(createOther(), FEBRUARY)).toMatchObject({
      kind: 'budget-exhausted',
      requestedEpsilon: '1',
      cohorts: [{ cohort: '2026-01' }, { cohort: '2026-02' }],
    });
    expect(await countRows()).toEqual({ entries: 3, reservations: 3 });
  });

  it('refuses the release where all are required, though a stored one left it out', async () => {
    await spendJanuary();
    const question = { number: 1 };
    const all = createRequest({ question, requireAllCohorts: true });
    expect(await priceRelease(database.current, all, FEBRUARY)).toMatchObject({ questionsLeft: 0 });
    expect(await reserveAt(all, FEBRUARY)).toMatchObject({ kind: 'budget-exhausted' });
    await release(createRequest({ question }), 7, FEBRUARY);
    expect(await reserveAt(createRequest({ question }), FEBRUARY)).toMatchObject({
      kind: 'replay',
      release: { excludedCohorts: ['2026-01'] },
    });
    expect(await reserveAt(all, FEBRUARY)).toMatchObject({ kind: 'budget-exhausted' });
  });
});

describe('a price', () => {
  it('is what the release leaves, charges nothing, and knows a replay', async () => {
    const request = createRequest();
    const price = await priceRelease(database.current, request, NOON);
    expect(await countRows()).toEqual({ entries: 0, reservations: 0 });
    expect(price).toMatchObject({ epsilon: '1', delta: '0.000001', excludedCohorts: [], wouldBeReplayed: false });
    await release(request, 7);
    const left = await listBudgets(database.current);
    const comparable = ({ entryCount: _, headHash: __, ...budget }: PrivacyBudget) => budget;
    expect(price.cohorts.map(comparable)).toEqual(left.map(comparable));
    expect(price.cohorts[0]?.spentByPurpose).toMatchObject({ TRAINING: '0', METRICS: '0' });
    expect(Number(price.cohorts[0]?.spentByPurpose.ANALYTICS)).toBeCloseTo(price.cohorts[0]!.lossShareSpent, 9);
    const again = await priceRelease(database.current, request, NOON);
    expect(again).toMatchObject({ wouldBeReplayed: true, cohorts: left, questionsLeft: price.questionsLeft - 1 });
    expect(await priceRelease(database.current, { ...request, isFresh: true }, NOON)).toMatchObject({
      wouldBeReplayed: false,
    });
  });

  it('is refused as the release would be', async () => {
    await expect(priceRelease(database.current, createRequest({ epsilon: '0' }), NOON)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      parameter: 'epsilon',
    });
  });
});

describe('the clock', () => {
  it('set back is refused, and nothing is charged', async () => {
    await reserved(createOther());
    const before = await countRows();
    for (const now of ['2026-03-15T11:59:58.999Z', '2026-03-14T12:00:00Z', '2025-01-01T00:00:00Z'])
      await expect(reserveAt(createOther(), new Date(now))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        parameter: 'clock',
      });
    expect(await countRows()).toEqual(before);
  });

  it('a little behind another server does not let time run backwards', async () => {
    await reserved(createOther());
    expect(await reserved(createOther(), new Date('2026-03-15T11:59:59.000Z'))).toMatchObject({ reservedAt: NOON });
    expect(await verifyLedger(database.current)).toMatchObject({ valid: true });
  });

  it('is not taken to be set back by one who waited in line while others came first', async () => {
    const later = new Date(NOON.getTime() + 5_000);
    const waiting = await inTransaction(database.current, async (tx) => {
      await reserve(tx, createOther(), later);
      const second = reserveAt(createOther());
      for (let isWaiting = false; !isWaiting; ) {
        const { rows } = await tx.query(`SELECT EXISTS (
          SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) AS "isWaiting"`);
        isWaiting = rows[0].isWaiting;
      }
      return { second };
    });
    expect(await waiting.second).toMatchObject({ kind: 'reserved', reservation: { reservedAt: later } });
    expect(await verifyLedger(database.current)).toMatchObject({ valid: true });
  });
});

it('leaves nothing of a reservation whose transaction is rolled back', async () => {
  const work = inTransaction(database.current, async (tx) => {
    await reserve(tx, createOther(), NOON);
    throw new Error('the job was not enqueued');
  });
  await expect(work).rejects.toThrow('not enqueued');
  expect(await countRows()).toEqual({ entries: 0, reservations: 0 });
  expect(await listBudgets(database.current)).toEqual([]);
});

describe('the same question under way', () => {
  const small: Partial<ReleaseRequest> = { epsilon: '0.5', event: { kind: 'pure', epsilon: '0.5' } };

  it('is waited for while it is young and as accurate', async () => {
    const { id } = await reserved(createRequest(small));
    const asked = { kind: 'pending', reservationId: id };
    expect(await reserveAt(createRequest(small))).toEqual(asked);
    await startReservation(database.current, id);
    expect(await reserveAt(createRequest({ ...small, epsilon: '0.4' }), new Date(NOON.getTime() + 59_999))).toEqual(
      asked,
    );
    expect(await reserveAt(createRequest({ ...small, isFresh: true }))).toMatchObject({ kind: 'reserved' });
    expect(await reserveAt(createRequest(), new Date(NOON.getTime() + 59_999))).toMatchObject({ kind: 'reserved' });
  });

  it('is asked anew when it is older', async () => {
    await reserved(createRequest(small));
    expect(await reserveAt(createRequest(small), new Date(NOON.getTime() + 60_000))).toMatchObject({
      kind: 'reserved',
    });
  });
});
