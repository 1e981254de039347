import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { activateModel } from './activation.ts';
import { readArtifact } from './artifacts.ts';
import { findModelVersion, listModelVersions } from './model-versions.ts';
import { ArtifactError } from './stored-bytes.ts';
import { useDatabase } from './testing/index.ts';
import { readModelMetrics, readTrainingLog, readTrainingPoints } from './training-progress.ts';
import { cancelTraining, insertTraining } from './training-requests.ts';
import {
  claimTraining,
  endTraining,
  finishTraining,
  noteInterruption,
  recoverTrainings,
  releaseTraining,
  reportTraining,
  type TrainingRunHandle,
} from './training-runs.ts';
import { inTransaction } from './transaction.ts';

const database = useDatabase();
const db = () => database.current;

const request = async (shouldActivate = false, reservationId?: string) => {
  const id = await inTransaction(db(), (tx) =>
    insertTraining(tx, {
      algorithm: 'popularity',
      hyperparameters: { a: 1 },
      privacyLevel: reservationId === undefined ? 'NONE' : 'DIFFERENTIAL',
      requestedBy: 'test',
      shouldActivate,
      ...(reservationId === undefined ? {} : { reservationId }),
    }),
  );
  return (await findModelVersion(db(), id))!;
};
const handle = (modelVersionId: string): TrainingRunHandle => ({ modelVersionId, workerId: randomUUID() });
const claim = (run: TrainingRunHandle, staleAfterMs = 30_000) =>
  claimTraining(db(), run, { staleAfterMs, device: 'cpu' });
const nothing = { progress: 0.5, points: [], lines: [] };
const finish = (run: TrainingRunHandle, artifact = new Uint8Array([1, 2, 3])) =>
  finishTraining(db(), run, { artifact, metrics: [], ...nothing });
const jobs = async (id: string) =>
  (await db().pool.query('SELECT * FROM graphile_worker.jobs WHERE key = $1', [`train-model:${id}`])).rows;
const train = async (shouldActivate: boolean) => {
  const { id } = await request(shouldActivate);
  const run = handle(id);
  await claim(run);
  await finish(run);
  return id;
};
const ageHeartbeat = (id: string) =>
  db().pool.query(`UPDATE model_version SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE id = $1`, [id]);

it('requests a version and its job together', async () => {
  const version = await request();
  expect(version).toMatchObject({ status: 'PENDING', privacyLevel: 'NONE', hyperparameters: { a: 1 }, progress: 0 });
  expect(await jobs(version.id)).toMatchObject([{ task_identifier: 'train-model', max_attempts: 3 }]);
});

it('gives one version to one worker', async () => {
  const { id } = await request();
  const claims = await Promise.all(Array.from({ length: 8 }, () => claim(handle(id))));
  expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1);
});

it('stores points, log, metrics and artifact of the worker that holds the run', async () => {
  const { id } = await request();
  const run = handle(id);
  await claim(run);
  const points = [
    { name: 'loss', step: 1, value: 9 },
    { name: 'loss', step: 1, value: 3 },
    { name: 'loss', step: 2, value: 2 },
  ];
  expect(await reportTraining(db(), run, { progress: 0.25, points, lines: ['first', 'second'] })).toBe('running');
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'TRAINING', progress: 0.25, device: 'cpu' });
  const metrics = [{ name: 'ndcg@20', value: 0.1, lower: 0.05, upper: 0.15 }];
  const last = { progress: 1, points: [{ name: 'loss', step: 2, value: 1 }], lines: ['third'] };
  expect(await finishTraining(db(), run, { artifact: new Uint8Array([7]), metrics, ...last })).toBe('ready');
  expect(await readTrainingPoints(db(), id)).toMatchObject([
    { step: 1, value: 3 },
    { step: 2, value: 1 },
  ]);
  expect((await readTrainingLog(db(), id)).map(({ line }) => line)).toEqual(['first', 'second', 'third']);
  expect(await readModelMetrics(db(), id)).toEqual(metrics);
  expect([...(await readArtifact(db(), id))]).toEqual([7]);
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'READY', progress: 1, artifactBytes: 1 });
});

it('keeps a worker that lost its run from writing anything', async () => {
  const { id } = await request();
  const [stalled, other] = [handle(id), handle(id)];
  await claim(stalled);
  expect(await claim(other)).toBeUndefined();
  await ageHeartbeat(id);
  expect(await claim(other)).toBeDefined();
  expect(await reportTraining(db(), stalled, nothing)).toBe('lost');
  expect(await finish(stalled)).toBe('lost');
  expect(await endTraining(db(), stalled, { status: 'FAILED', text: 'too late' }, nothing)).toBe(false);
  expect(await releaseTraining(db(), stalled, nothing)).toBe(false);
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'TRAINING', failure: null });
  await expect(readArtifact(db(), id)).rejects.toThrow(ArtifactError);
  expect(await finish(other)).toBe('ready');
});

it('cancels what waits at once and asks what trains to stop', async () => {
  const waiting = await request();
  expect(await cancelTraining(db(), waiting.id)).toMatchObject({ kind: 'cancelled', run: { status: 'CANCELLED' } });
  expect(await jobs(waiting.id)).toEqual([]);
  expect(await cancelTraining(db(), waiting.id)).toMatchObject({ kind: 'conflict' });
  const { id } = await request();
  const run = handle(id);
  await claim(run);
  expect(await cancelTraining(db(), id)).toMatchObject({ kind: 'requested', run: { isCancelRequested: true } });
  expect(await reportTraining(db(), run, nothing)).toBe('cancel-requested');
  expect(await finish(run)).toBe('cancel-requested');
  const last = { progress: 0.7, points: [], lines: ['the last line'] };
  expect(await endTraining(db(), run, undefined, last)).toBe(true);
  expect(await readTrainingLog(db(), id)).toMatchObject([{ line: 'the last line' }]);
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'CANCELLED', progress: 0.7, failure: null });
  expect(await cancelTraining(db(), randomUUID())).toEqual({ kind: 'not-found' });
  expect(await cancelTraining(db(), 'no uuid')).toEqual({ kind: 'not-found' });
});

it('puts back the run of a dead worker, with a job of its own, and gives up at the third death', async () => {
  const { id } = await request();
  for (let death = 1; death <= 3; death++) {
    const [job] = await jobs(id);
    await db().pool.query(
      `UPDATE graphile_worker._private_jobs SET locked_by = 'dead', locked_at = now(), attempts = 1 WHERE id = $1`,
      [job.id],
    );
    await claim(handle(id));
    expect(await recoverTrainings(db(), { staleAfterMs: 30_000 })).toEqual([]);
    await ageHeartbeat(id);
    const outcome = death < 3 ? 'requeued' : 'failed';
    expect(await recoverTrainings(db(), { staleAfterMs: 30_000 })).toEqual([{ modelVersionId: id, outcome }]);
    const left = await jobs(id);
    expect(left).toHaveLength(death < 3 ? 1 : 0);
    if (left[0]) expect(left[0]).toMatchObject({ locked_by: null, attempts: 0 });
    expect(left[0]?.id).not.toBe(job.id);
  }
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'FAILED', failure: /3 times/ });
});

it('quotes what interrupted a run last when it gives it up, and not when it comes to an end', async () => {
  const [unlucky, lucky] = [await request(), await request()];
  for (const { id } of [unlucky, lucky]) {
    for (let attempt = 1; attempt <= 3; attempt++) {
      const run = handle(id);
      expect(await claim(run)).toBeDefined();
      expect(await noteInterruption(db(), handle(id), 'Not of this run.', nothing)).toBe(false);
      expect(await noteInterruption(db(), run, `Cause ${attempt}.`, nothing)).toBe(true);
      expect(await findModelVersion(db(), id)).toMatchObject({ status: 'TRAINING', failure: null });
      if (id === lucky.id && attempt === 2) {
        await finish(run);
        break;
      }
      await ageHeartbeat(id);
      await recoverTrainings(db(), { staleAfterMs: 30_000 });
    }
  }
  expect(await findModelVersion(db(), unlucky.id)).toMatchObject({
    status: 'FAILED',
    failure: 'Interrupted 3 times. Cause 3.',
  });
  const { rows } = await db().pool.query('SELECT status, failure FROM model_version WHERE id = $1', [lucky.id]);
  expect(rows).toEqual([{ status: 'READY', failure: null }]);
});

it('keeps the artifacts of the newest three that wait for their first turn', async () => {
  const ids = [];
  for (let i = 0; i < 4; i++) ids.push(await train(false));
  const [oldest, ...newest] = ids as [string, string, string, string];
  await expect(readArtifact(db(), oldest)).rejects.toThrow('is not stored');
  const { rows } = await db().pool.query('SELECT FROM model_artifact_chunk WHERE model_version_id = $1', [oldest]);
  expect(rows).toEqual([]);
  expect(await activateModel(db(), oldest)).toMatchObject({ kind: 'conflict', message: /newest 3 READY/ });
  for (const id of newest) expect(await readArtifact(db(), id)).toHaveLength(3);
});

it('ends the run of a dead worker that was to be cancelled', async () => {
  const { id } = await request();
  await claim(handle(id));
  await cancelTraining(db(), id);
  await ageHeartbeat(id);
  const recovered = await recoverTrainings(db(), { staleAfterMs: 30_000 });
  expect(recovered).toEqual([{ modelVersionId: id, outcome: 'cancelled' }]);
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'CANCELLED', failure: null });
  expect(await jobs(id)).toEqual([]);
});

it('puts back a run whose worker died before it began, and one without a job', async () => {
  const [locked, jobless] = [await request(), await request()];
  await db().pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'dead', locked_at = now() - interval '1 minute' WHERE key = $1`,
    [`train-model:${locked.id}`],
  );
  await db().pool.query('SELECT graphile_worker.remove_job($1)', [`train-model:${jobless.id}`]);
  await db().pool.query(`UPDATE model_version SET created_at = now() - interval '1 minute' WHERE id = $1`, [
    jobless.id,
  ]);
  const recovered = await recoverTrainings(db(), { staleAfterMs: 30_000 });
  expect(recovered.map(({ modelVersionId }) => modelVersionId).sort()).toEqual([locked.id, jobless.id].sort());
  expect(await jobs(locked.id)).toMatchObject([{ locked_by: null }]);
  expect(await jobs(jobless.id)).toHaveLength(1);
});

it('gives a run back at shutdown without counting the attempt', async () => {
  const { id } = await request();
  for (let restart = 0; restart < 5; restart++) {
    const run = handle(id);
    expect(await claim(run)).toBeDefined();
    expect(await releaseTraining(db(), run, { ...nothing, lines: [`given back ${restart}`] })).toBe(true);
  }
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'PENDING' });
  expect(await jobs(id)).toHaveLength(1);
  expect((await readTrainingLog(db(), id)).at(-1)).toMatchObject({ line: 'given back 4' });
});

it('moves one active pointer and keeps the artifacts of the last three that were active', async () => {
  const ids = [await train(true), await train(true), await train(true), await train(true)] as const;
  expect(await findModelVersion(db(), ids[3])).toMatchObject({ status: 'ACTIVE' });
  await expect(readArtifact(db(), ids[0])).rejects.toThrow(`${ids[0]} is not stored`);
  expect(await activateModel(db(), ids[0])).toMatchObject({ kind: 'conflict', message: /last 3/ });
  expect(await activateModel(db(), ids[1])).toMatchObject({ kind: 'activated', version: { status: 'ACTIVE' } });
  expect(await findModelVersion(db(), ids[3])).toMatchObject({ status: 'RETIRED' });
  expect([...(await readArtifact(db(), ids[2]))]).toEqual([1, 2, 3]);
  const pending = await request();
  expect(await activateModel(db(), pending.id)).toMatchObject({ kind: 'conflict', message: /PENDING/ });
  expect(await activateModel(db(), randomUUID())).toEqual({ kind: 'not-found' });
});

it('keeps one pointer when activations race', async () => {
  const ids = [await train(false), await train(false), await train(false)];
  const results = await Promise.all([...ids, ...ids].map((id) => activateModel(db(), id)));
  expect(results.every(({ kind }) => kind === 'activated')).toBe(true);
  const { rows } = await db().pool.query(`SELECT id FROM model_version WHERE status = 'ACTIVE'`);
  expect(rows).toHaveLength(1);
});

it('lists versions newest first, page by page, and knows a page that never was', async () => {
  const all = await listModelVersions(db(), { first: 100 });
  const ids = all?.versions.map(({ id }) => id) ?? [];
  const paged: string[] = [];
  for (let after: string | undefined; ; after = paged.at(-1)) {
    const page = await listModelVersions(db(), { first: 4, after });
    paged.push(...(page?.versions.map(({ id }) => id) ?? []));
    if (!page?.hasNextPage) break;
  }
  expect(paged).toEqual(ids);
  expect(ids.length).toBeGreaterThan(8);
  expect(await listModelVersions(db(), { first: 4, after: randomUUID() })).toBeUndefined();
  expect(await listModelVersions(db(), { first: 4, after: 'x' })).toBeUndefined();
});
