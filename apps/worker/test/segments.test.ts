import {
  findSegmentation,
  insertSegmentation,
  inTransaction,
  type ModelStatus,
  type Segmentation,
} from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { findRelease, findReservation, reserve, verifyLedger } from '@sotto/ledger';
import { prepareSegmentation, readSegments } from '@sotto/questions';
import { afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { spawnWorker, type WorkerProcess } from './worker-process.ts';

const database = useDatabase();
const db = () => database.current;
const workers: WorkerProcess[] = [];
/** An unusual number, so that it would be seen where no exact count may stand. */
const ACCOUNTS = 613;

beforeAll(async () => {
  await db().prisma.product.create({ data: { sku: 'mug', title: 'mug', categories: ['Kitchen'] } });
  await db().pool.query(
    `WITH planted AS (
       INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
       SELECT gen_random_uuid(), sha256(n::text::bytea), '2026-09', 7 FROM generate_series(1, $1) n RETURNING id
     )
     INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at, price)
     SELECT planted.id, gen_random_uuid(), product.id, 'PURCHASE', now() - interval '9 days', now() - interval '2 days', 5
     FROM planted, product`,
    [ACCOUNTS],
  );
});

afterEach(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  workers.length = 0;
});

const eventually = <Result>(check: () => Result | Promise<Result>) => vi.waitFor(check, 20_000);

async function startWorker(): Promise<WorkerProcess> {
  const worker = spawnWorker({ DATABASE_URL: database.url });
  workers.push(worker);
  const ready = expect.objectContaining({ msg: 'ready' });
  await eventually(() => expect(worker.logs, worker.errors.join('\n')).toContainEqual(ready));
  return worker;
}

async function request(segmentCount: number): Promise<Segmentation> {
  const input = { segmentCount, epsilon: '0.5', features: ['recency', 'spend'] };
  const prepared = await prepareSegmentation(db().pool, input, { askedBy: 'test' });
  return inTransaction(db(), async (tx) => {
    const result = await reserve(tx, prepared, new Date());
    if (result.kind !== 'reserved') throw new Error(`not reserved: ${result.kind}`);
    const { features, epsilon } = input;
    return insertSegmentation(tx, {
      segmentCount,
      features,
      epsilon,
      requestedBy: 'test',
      reservationId: result.reservation.id,
    });
  });
}

const reaches = (id: string, status: ModelStatus) =>
  eventually(async () => {
    const segmentation = await findSegmentation(db(), id);
    expect(segmentation?.status).toBe(status);
    return segmentation!;
  });
const statusOf = async (reservationId: string) => (await findReservation(db(), reservationId))?.status;
const countEntries = async () => (await db().pool.query('SELECT count(*)::int AS n FROM ledger_entry')).rows[0].n;

/** Runs statements that hold a lock until it is let go. */
async function hold(text: string, values: unknown[] = []): Promise<() => Promise<void>> {
  const client = await db().pool.connect();
  await client.query('BEGIN');
  await client.query(text, values);
  let released: Promise<void> | undefined;
  const release = () => (released ??= client.query('COMMIT').then(() => client.release()));
  onTestFinished(release);
  return release;
}

it('draws what was reserved, once, and says no exact count', async () => {
  const worker = await startWorker();
  const { id, reservationId } = await request(3);
  expect(await reaches(id, 'READY')).toMatchObject({ failure: null, finishedAt: expect.any(Date) });
  const release = (await findRelease(db(), reservationId))!;
  expect(readSegments(release)).toHaveLength(3);
  expect(await verifyLedger(db())).toMatchObject({ valid: true });
  expect(JSON.stringify(worker.logs)).not.toMatch(new RegExp(`\\b${ACCOUNTS}\\b`));
});

it('never draws from what a dead worker started: it fails, and stays charged', async () => {
  const killed = await startWorker();
  const letGo = await hold('LOCK TABLE interaction IN ACCESS EXCLUSIVE MODE');
  const { id, reservationId } = await request(4);
  await eventually(async () => expect(await statusOf(reservationId)).toBe('STARTED'));
  const entries = await countEntries();
  killed.child.kill('SIGKILL');
  await killed.ended;
  const other = await startWorker();
  const failed = await reaches(id, 'FAILED');
  expect(failed.failure).toMatch(/stays charged/);
  await letGo();
  await request(5).then((next) => reaches(next.id, 'READY')); // it goes on with others
  expect(await statusOf(reservationId)).toBe('STARTED');
  expect(await findRelease(db(), reservationId)).toBeUndefined();
  expect(await countEntries()).toBeGreaterThan(entries);
  expect(await verifyLedger(db())).toMatchObject({ valid: true });
  const recovered = expect.objectContaining({ segmentationId: id, outcome: 'failed' });
  expect(other.logs).toContainEqual(recovered);
});

it('takes up what a dead worker had not started, at no further charge', async () => {
  const { id, reservationId } = await request(6);
  const entries = await countEntries();
  const letGo = await hold('SELECT 1 FROM reservation WHERE id = $1 FOR UPDATE', [reservationId]);
  const killed = await startWorker();
  const waiting = await eventually(async () => {
    const { rows } = await db().pool.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sotto-worker'
       AND wait_event_type = 'Lock'`,
    );
    expect(rows).toHaveLength(1);
    return rows[0].pid;
  });
  await reaches(id, 'TRAINING');
  killed.child.kill('SIGKILL');
  await killed.ended;
  // The server would else finish for the dead what it waits for.
  await db().pool.query('SELECT pg_terminate_backend($1)', [waiting]);
  await reaches(id, 'TRAINING');
  await letGo();
  await startWorker();
  await reaches(id, 'READY');
  expect(await statusOf(reservationId)).toBe('RELEASED');
  expect(await countEntries()).toBe(entries);
});

it('fails with a fixed text when the rows cannot be read, and stores nothing', async () => {
  const worker = await startWorker();
  await db().pool.query('ALTER TABLE interaction RENAME COLUMN price TO price_gone');
  try {
    const { id, reservationId } = await request(7);
    const failed = await reaches(id, 'FAILED');
    expect(failed.failure).toBe(
      'The segments could not be drawn. What was reserved stays charged; request them again.',
    );
    expect(await statusOf(reservationId)).toBe('STARTED');
    expect(await findRelease(db(), reservationId)).toBeUndefined();
    expect(worker.logs).toContainEqual(expect.objectContaining({ msg: 'segmentation failed' }));
  } finally {
    await db().pool.query('ALTER TABLE interaction RENAME COLUMN price_gone TO price');
  }
});

it('sees a segmentation through when it is told to stop', async () => {
  const worker = await startWorker();
  const letGo = await hold('LOCK TABLE interaction IN ACCESS EXCLUSIVE MODE');
  const { id, reservationId } = await request(8);
  await eventually(async () => expect(await statusOf(reservationId)).toBe('STARTED'));
  worker.child.kill('SIGTERM');
  await letGo();
  expect(await worker.ended).toBe(0);
  expect(await findSegmentation(db(), id)).toMatchObject({ status: 'READY' });
});
