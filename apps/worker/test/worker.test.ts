import {
  cancelTraining,
  findModelVersion,
  listen,
  type ModelStatus,
  readArtifact,
  readTrainingLog,
  TRAINING_CHANNEL,
  trainingSchedule,
  writeSetting,
} from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { decodeArtifact } from '@sotto/recommender/serving';
import { requestTraining } from '@sotto/training';
import { afterEach, beforeAll, expect, inject, it, onTestFinished, vi } from 'vitest';
import { spawnWorker, type WorkerProcess } from './worker-process.ts';

const database = useDatabase();
const db = () => database.current;
const workers: WorkerProcess[] = [];
const CONSENTING = 12;

beforeAll(async () => {
  for (const sku of ['mug', 'pan', 'secret']) await db().prisma.product.create({ data: { sku, title: sku } });
  await db().pool.query(
    `INSERT INTO customer (id, external_id_hash, consent_mask)
     SELECT gen_random_uuid(), sha256(n::text::bytea), CASE WHEN n <= $1 THEN 7 ELSE 5 END FROM generate_series(1, 20) n`,
    [CONSENTING],
  );
  // Everybody buys a mug or a pan; the secret is bought only by those who do not consent to training.
  await db().pool.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at)
     SELECT c.id, gen_random_uuid(), p.id, 'PURCHASE', now() - interval '1 day'
     FROM customer c JOIN product p ON (p.sku = 'secret') = (c.consent_mask = 5)`,
  );
});

afterEach(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  workers.length = 0;
});

async function startWorker(env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
  const worker = spawnWorker({ DATABASE_URL: database.url, ...env });
  workers.push(worker);
  await eventually(() => expect(worker.logs, worker.errors.join('\n')).toContainEqual(logged('ready')));
  return worker;
}
const eventually = <Result>(check: () => Result | Promise<Result>) => vi.waitFor(check, 20_000);
const logged = (msg: string) => expect.objectContaining({ msg });
const request = async (shouldActivate = false) => {
  const asked = { algorithm: 'popularity', withoutPrivacy: true, requestedBy: 'test', shouldActivate };
  const result = await requestTraining(db(), asked, new Date());
  if (result.kind !== 'requested') throw new Error(result.kind);
  return result.version;
};
const reaches = (id: string, ...statuses: ModelStatus[]) =>
  eventually(async () => {
    const version = await findModelVersion(db(), id);
    expect(statuses).toContain(version?.status);
    return version!;
  });
const jobsOf = async (id: string) =>
  (await db().pool.query('SELECT locked_by FROM graphile_worker.jobs WHERE key = $1', [`train-model:${id}`])).rows;
const attemptsOf = async (ids: readonly string[]) =>
  (await db().pool.query('SELECT attempts FROM model_version WHERE id = ANY($1::uuid[])', [ids])).rows.map(
    (row) => row.attempts,
  );
const popularityOf = async (id: string) => {
  const model = decodeArtifact(await readArtifact(db(), id));
  return Object.fromEntries(
    (await db().prisma.product.findMany()).map(({ id, sku }) => [sku, model.popularity[model.productIds.indexOf(id)]]),
  );
};

/** While it is held no worker can read interactions: a training lasts as long as the test wants. */
async function holdInteractions(): Promise<() => Promise<void>> {
  const client = await db().pool.connect();
  await client.query('BEGIN; LOCK TABLE interaction IN ACCESS EXCLUSIVE MODE');
  let released: Promise<void> | undefined;
  const release = () => (released ??= client.query('COMMIT').then(() => client.release()));
  onTestFinished(release);
  return release;
}

it('trains what consenting accounts did, shows it live, activates it, and forgets who withdraws', async () => {
  await startWorker();
  const hints: string[] = [];
  const listener = await listen(database.url, [TRAINING_CHANNEL], (_channel, id) => hints.push(id));
  const first = await request(true);
  expect(await reaches(first.id, 'ACTIVE')).toMatchObject({ progress: 1, device: 'cpu', privacyLevel: 'NONE' });
  expect(hints).toContain(first.id);
  expect((await readTrainingLog(db(), first.id)).map(({ line }) => line)).toContain('Trained');
  expect(await popularityOf(first.id)).toEqual({ mug: 1, pan: 1, secret: 0 });

  await db().pool.query(
    `UPDATE customer SET consent_mask = 5 WHERE id IN (SELECT customer_id FROM interaction WHERE product_id =
       (SELECT id FROM product WHERE sku = 'mug'))`,
  );
  await db().pool.query(
    `UPDATE customer SET consent_mask = 7 WHERE id IN (SELECT customer_id FROM interaction WHERE product_id =
       (SELECT id FROM product WHERE sku = 'secret'))`,
  );
  const second = await request(true);
  await reaches(second.id, 'ACTIVE');
  expect(await popularityOf(second.id)).toEqual({ mug: 0, pan: 0, secret: 1 });
  expect(await findModelVersion(db(), first.id)).toMatchObject({ status: 'RETIRED' });
  await listener.close();
});

it('says why a training failed, does not try it again, and goes on', async () => {
  const bad = await request();
  // Written past whoever checks requests, as by an older version.
  await db().pool.query(`UPDATE model_version SET hyperparameters = '{"halfLifeDays": -1}' WHERE id = $1`, [bad.id]);
  const worker = await startWorker();
  expect(await reaches(bad.id, 'FAILED')).toMatchObject({ failure: expect.stringMatching(/halfLifeDays/) });
  await db().pool.query('UPDATE customer SET consent_mask = 0');
  const empty = await request();
  expect(await reaches(empty.id, 'FAILED')).toMatchObject({ failure: expect.stringMatching(/consents to training/) });
  await db().pool.query('UPDATE customer SET consent_mask = 7');
  await eventually(async () => {
    const { rows } = await db().pool.query("SELECT 1 FROM graphile_worker.jobs WHERE task_identifier = 'train-model'");
    expect(rows).toEqual([]);
  });
  const good = await request();
  await reaches(good.id, 'READY');
  expect(await attemptsOf([bad.id, empty.id, good.id])).toEqual([1, 1, 1]);
  expect(JSON.stringify(worker.logs)).not.toMatch(/customer_id|[0-9]+ (customers|users|interactions|rows)/i);
});

it('stops a cancelled training at once', async () => {
  const worker = await startWorker();
  const letGo = await holdInteractions();
  const { id } = await request();
  await reaches(id, 'TRAINING');
  expect(await cancelTraining(db(), id)).toMatchObject({ kind: 'requested' });
  await reaches(id, 'CANCELLED');
  await letGo();
  await eventually(() => expect(worker.logs).toContainEqual(logged('cancelled')));
});

it("takes up a killed worker's training", async () => {
  const killed = await startWorker();
  const letGo = await holdInteractions();
  const { id } = await request();
  await reaches(id, 'TRAINING');
  const other = await startWorker();
  killed.child.kill('SIGKILL');
  await eventually(() => expect(other.logs).toContainEqual(logged('training')));
  await letGo();
  await reaches(id, 'READY');
  expect(await attemptsOf([id])).toEqual([2]);
});

it('leaves a training to whoever took it while this worker was stalled', async () => {
  const stalled = await startWorker();
  const letGo = await holdInteractions();
  const { id } = await request();
  await reaches(id, 'TRAINING');
  stalled.child.kill('SIGSTOP');
  const other = await startWorker();
  await eventually(() => expect(other.logs).toContainEqual(logged('training')));
  stalled.child.kill('SIGCONT');
  await eventually(() => expect(stalled.logs).toContainEqual(expect.objectContaining({ level: 40 })));
  expect(await jobsOf(id)).toMatchObject([{ locked_by: expect.any(String) }]);
  await letGo();
  await reaches(id, 'READY');
  await eventually(() =>
    expect(stalled.logs).toContainEqual(logged('stopped: the run was taken over by another worker')),
  );
  expect(stalled.logs).not.toContainEqual(logged('training ended'));
  await eventually(() => expect(other.logs).toContainEqual(logged('training ended')));
});

it('keeps a training through the database cutting every connection', async () => {
  const worker = await startWorker({ LOG_LEVEL: 'warn' });
  const letGo = await holdInteractions();
  const { id } = await request();
  await reaches(id, 'TRAINING');
  await db().pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'sotto-worker'`,
  );
  await letGo();
  await eventually(() => expect(worker.logs).toContainEqual(logged('the database failed during the training')));
  await startWorker(); // the first one may have had to end, for whoever runs it to start it again
  await reaches(id, 'READY');
  expect(await attemptsOf([id])).toEqual([2]);
});

it('gives its training to another worker when it is told to stop', async () => {
  const first = await startWorker();
  const letGo = await holdInteractions();
  const { id } = await request();
  await reaches(id, 'TRAINING');
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  expect(first.errors).toEqual([]);
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'PENDING' });
  await letGo();
  await startWorker();
  await reaches(id, 'READY');
  expect(await attemptsOf([id])).toEqual([1]);
});

it('trains each version once with two workers, and a scheduled one once', async () => {
  const now = new Date();
  const due = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  await writeSetting(db(), trainingSchedule, { cron, algorithm: 'popularity', withoutPrivacy: true });
  // As if no worker had run for two minutes: both find the minute to make up for.
  await db().pool.query(
    `INSERT INTO graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
     VALUES ('run-schedule', $1, $1) ON CONFLICT (identifier) DO UPDATE SET last_execution = $1`,
    [new Date(due.getTime() - 120_000)],
  );
  const requested = [];
  for (let i = 0; i < 6; i++) requested.push((await request()).id);
  await Promise.all([startWorker(), startWorker()]);
  for (const id of requested) await reaches(id, 'READY');
  expect(await attemptsOf(requested)).toEqual(requested.map(() => 1));
  const scheduled = await eventually(async () => {
    const { rows } = await db().pool.query(`SELECT id, status FROM model_version WHERE requested_by = 'schedule'`);
    expect(rows).toMatchObject([{ status: 'ACTIVE' }]);
    return rows[0].id;
  });
  await eventually(async () => {
    const { rows } = await db().pool.query("SELECT 1 FROM graphile_worker.jobs WHERE task_identifier = 'run-schedule'");
    expect(rows).toEqual([]);
  });
  const { rows } = await db().pool.query(`SELECT id FROM model_version WHERE requested_by = 'schedule'`);
  expect(rows).toEqual([{ id: scheduled }]);
});

it("requests what is scheduled while it trains, and takes up a dead worker's minute", async () => {
  await db().pool.query("UPDATE model_version SET status = 'CANCELLED' WHERE requested_by = 'schedule'");
  // Set only now that something else trains: the worker makes up for minutes of this test's own start, too.
  await writeSetting(db(), trainingSchedule, null);
  await startWorker();
  const letGo = await holdInteractions();
  const { id } = await request();
  await reaches(id, 'TRAINING');
  await writeSetting(db(), trainingSchedule, { cron: '* * * * *', algorithm: 'popularity', withoutPrivacy: true });
  const { rows } = await db().pool.query(
    `SELECT (graphile_worker.add_job('run-schedule', json_build_object('_cron', json_build_object('ts', now())))).id`,
  );
  await db().pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'dead', locked_at = now() - interval '1 minute' WHERE id = $1`,
    [rows[0].id],
  );
  const scheduled = await eventually(async () => {
    const found = await db().pool.query(
      `SELECT id FROM model_version WHERE requested_by = 'schedule' AND status = 'PENDING'`,
    );
    expect(found.rows).toHaveLength(1);
    return found.rows[0].id;
  });
  expect(await findModelVersion(db(), id)).toMatchObject({ status: 'TRAINING' });
  await writeSetting(db(), trainingSchedule, null);
  await letGo();
  await reaches(scheduled, 'ACTIVE');
});

it('does not run on a database that is not migrated, nor without its settings', async () => {
  const unmigrated = spawnWorker({ DATABASE_URL: inject('serverUrl') });
  expect(await unmigrated.ended).toBe(1);
  expect(unmigrated.errors).toEqual([expect.stringContaining('not migrated')]);
  const unset = spawnWorker({ LOG_LEVEL: 'loud' });
  expect(await unset.ended).toBe(1);
  expect(unset.errors.join('\n')).toMatch(/DATABASE_URL[\s\S]*LOG_LEVEL/);
  const away = spawnWorker({ DATABASE_URL: 'postgresql://sotto:x@127.0.0.1:1/sotto' });
  expect(await away.ended).toBe(1);
  expect(away.errors).toEqual([expect.stringMatching(/cannot be reached: .*ECONNREFUSED/)]);
});
