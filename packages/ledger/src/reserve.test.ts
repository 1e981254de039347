import { randomUUID } from 'node:crypto';
import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { describe, expect, it } from 'vitest';
import {
  completeRelease,
  findReservation,
  listBudgets,
  listEntries,
  type ReleaseRequest,
  type Reservation,
  type ReserveResult,
  reserve,
  startReservation,
  verifyLedger,
} from './index.ts';
import { createAnswer, createRequest, NOON } from './testing/requests.ts';

const database = useDatabase();

const reserveAt = (request: ReleaseRequest, now = NOON): Promise<ReserveResult> =>
  inTransaction(database.current, (tx) => reserve(tx, request, now));

async function reserved(request: ReleaseRequest, now = NOON): Promise<Reservation> {
  const result = await reserveAt(request, now);
  if (result.kind !== 'reserved') throw new Error(`the result is ${result.kind}`);
  return result.reservation;
}

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
  async function release(request: ReleaseRequest, value: number): Promise<string> {
    const { id } = await reserved(request);
    await startReservation(database.current, id);
    await inTransaction(database.current, (tx) => completeRelease(tx, id, createAnswer(value), NOON));
    return id;
  }

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
