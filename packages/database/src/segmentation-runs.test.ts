import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  beatSegmentation,
  claimSegmentation,
  failSegmentation,
  finishSegmentation,
  recoverSegmentations,
} from './segmentation-runs.ts';
import {
  findCurrentSegmentation,
  findSegmentation,
  findSegmentationOf,
  insertReadySegmentation,
  insertSegmentation,
  listSegmentations,
} from './segmentations.ts';
import { useDatabase } from './testing/index.ts';
import { inTransaction } from './transaction.ts';

const database = useDatabase();
const STALE_MS = 1_000;

async function reserve(status: 'RESERVED' | 'STARTED' = 'RESERVED'): Promise<string> {
  const id = randomUUID();
  await database.current.pool.query(
    `INSERT INTO reservation (id, kind, replay_key, question, window_end, purpose, asked_by, epsilon, delta, event,
       mechanism, noise_scale, cohorts, excluded_cohorts, content_hash, status, reserved_at)
     VALUES ($1, 'SEGMENTS', '', '{}', now(), 'ANALYTICS', 'test', 1, 0.000001, '{}', 'none', 1, '{}', '{}', '',
       $2::reservation_status, now())`,
    [id, status],
  );
  return id;
}

const request = (reservationId: string) => ({
  segmentCount: 4,
  features: ['recency', 'spend'],
  epsilon: '0.5',
  requestedBy: 'test',
  reservationId,
});

async function insert(reservationId: string) {
  return inTransaction(database.current, (tx) => insertSegmentation(tx, request(reservationId)));
}

const jobsOf = async (id: string) =>
  (await database.current.pool.query('SELECT id FROM graphile_worker.jobs WHERE key = $1', [`segment-customers:${id}`]))
    .rows.length;
const age = (id: string) =>
  database.current.pool.query("UPDATE segmentation SET heartbeat_at = now() - interval '1 minute' WHERE id = $1", [id]);

it('inserts one with its job, both or neither, and shows it', async () => {
  const reservationId = await reserve();
  const inserted = await insert(reservationId);
  expect(inserted).toMatchObject({ ...request(reservationId), status: 'PENDING', finishedAt: null, failure: null });
  expect(await jobsOf(inserted.id)).toBe(1);
  expect(await findSegmentation(database.current, inserted.id)).toEqual(inserted);
  expect(await findSegmentation(database.current, 'x')).toBeUndefined();
  const failed = inTransaction(database.current, async (tx) => {
    await insertSegmentation(tx, request(await reserve()));
    throw new Error('rolled back');
  });
  await expect(failed).rejects.toThrow('rolled back');
  const page = await listSegmentations(database.current, { first: 10 });
  expect(page!.segmentations).toEqual([inserted]);
});

it('pages through them, newest first', async () => {
  const newest = await insert(await reserve());
  const first = await listSegmentations(database.current, { first: 1 });
  expect(first).toEqual({ segmentations: [newest], hasNextPage: true });
  const second = await listSegmentations(database.current, { first: 10, after: newest.id });
  expect(second!.hasNextPage).toBe(false);
  expect(second!.segmentations.length).toBeGreaterThan(0);
  expect(second!.segmentations).not.toContainEqual(newest);
  expect(await listSegmentations(database.current, { first: 1, after: randomUUID() })).toBeUndefined();
});

it('gives one to one worker, and takes words of no other', async () => {
  const reservationId = await reserve();
  const { id: segmentationId } = await insert(reservationId);
  const own = { segmentationId, workerId: randomUUID() };
  const other = { segmentationId, workerId: randomUUID() };
  expect(await claimSegmentation(database.current, own)).toEqual({ ...own, reservationId });
  expect(await claimSegmentation(database.current, other)).toBeUndefined();
  expect(await beatSegmentation(database.current, own)).toBe(true);
  expect(await beatSegmentation(database.current, other)).toBe(false);
  expect(await failSegmentation(database.current, other, 'no')).toBe(false);
  expect(await inTransaction(database.current, (tx) => finishSegmentation(tx, other))).toBe(false);
  expect(await inTransaction(database.current, (tx) => finishSegmentation(tx, own))).toBe(true);
  expect(await failSegmentation(database.current, own, 'too late')).toBe(false);
  const ready = await findSegmentation(database.current, segmentationId);
  expect(ready).toMatchObject({ status: 'READY', failure: null, finishedAt: expect.any(Date) });
  expect(await findCurrentSegmentation(database.current)).toEqual(ready);
});

it('finds the one that shows a release, and none that failed', async () => {
  const reservationId = await reserve();
  const { id: segmentationId } = await insert(reservationId);
  const find = () => inTransaction(database.current, (tx) => findSegmentationOf(tx, reservationId));
  expect(await find()).toMatchObject({ id: segmentationId });
  const handle = { segmentationId, workerId: randomUUID() };
  await claimSegmentation(database.current, handle);
  await failSegmentation(database.current, handle, 'it failed');
  expect(await find()).toBeUndefined();
  const ready = await inTransaction(database.current, (tx) => insertReadySegmentation(tx, request(reservationId)));
  expect(ready).toMatchObject({ status: 'READY', finishedAt: expect.any(Date) });
  expect(await jobsOf(ready.id)).toBe(0);
  expect(await find()).toEqual(ready);
});

it("puts back a dead worker's that was not started, and fails one that was", async () => {
  const { id: waiting } = await insert(await reserve());
  const started = await reserve('STARTED');
  const { id: drawn } = await insert(started);
  const { id: alive } = await insert(await reserve());
  for (const segmentationId of [waiting, drawn, alive])
    await claimSegmentation(database.current, { segmentationId, workerId: randomUUID() });
  await age(waiting);
  await age(drawn);
  const recovered = await recoverSegmentations(database.current, { staleAfterMs: STALE_MS });
  expect(recovered).toHaveLength(2);
  expect(recovered).toEqual(
    expect.arrayContaining([
      { segmentationId: waiting, outcome: 'requeued' },
      { segmentationId: drawn, outcome: 'failed' },
    ]),
  );
  expect(await findSegmentation(database.current, waiting)).toMatchObject({ status: 'PENDING' });
  expect(await jobsOf(waiting)).toBe(1);
  expect(await findSegmentation(database.current, drawn)).toMatchObject({
    status: 'FAILED',
    failure: expect.stringMatching(/stays charged/),
  });
  expect(await jobsOf(drawn)).toBe(0);
  expect(await findSegmentation(database.current, alive)).toMatchObject({ status: 'TRAINING' });
  expect(await recoverSegmentations(database.current, { staleAfterMs: STALE_MS })).toEqual([]);
});

it('makes a new job for one whose job is gone or held by the dead', async () => {
  const { pool } = database.current;
  const { id: gone } = await insert(await reserve());
  const { id: held } = await insert(await reserve());
  await pool.query('SELECT graphile_worker.remove_job($1)', [`segment-customers:${gone}`]);
  await pool.query("UPDATE segmentation SET created_at = now() - interval '1 minute' WHERE id = $1", [gone]);
  await pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'dead', locked_at = now() - interval '1 minute' WHERE key = $1`,
    [`segment-customers:${held}`],
  );
  const recovered = await recoverSegmentations(database.current, { staleAfterMs: STALE_MS });
  expect(new Set(recovered.map(({ segmentationId }) => segmentationId))).toEqual(new Set([gone, held]));
  for (const id of [gone, held]) expect(await jobsOf(id)).toBe(1);
});
