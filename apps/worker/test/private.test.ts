import {
  cancelTraining,
  findModelVersion,
  type ModelStatus,
  readArtifact,
  readModelMetrics,
  readStatistic,
  readTrainingLog,
  readTrainingPoints,
} from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { findReservation, listRefusals } from '@sotto/ledger';
import type { DpEvent } from '@sotto/privacy';
import { decodeArtifact } from '@sotto/recommender/serving';
import { decodeStatistic } from '@sotto/recommender/training';
import { requestTraining, type TrainingRequest } from '@sotto/training';
import { afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { spawnWorker, type WorkerProcess } from './worker-process.ts';

const database = useDatabase();
const db = () => database.current;
const workers: WorkerProcess[] = [];
const PAYING = '2026-08';
const SPENT = '2026-09';
/** Any constant of the database's own: who holds it keeps runs from finishing. */
const ACTIVATION_LOCK = 0x507701;
const BUYERS = 300;

beforeAll(async () => {
  for (const sku of ['mug', 'pan', 'secret'])
    await db().prisma.product.create({ data: { sku, title: `A ${sku}`, categories: ['Kitchen'], price: 5 } });
  await plant({ sku: 'mug', accounts: BUYERS });
  // Of these nothing may be seen: no consent, a cohort that cannot pay, received after the window's end, no account.
  await plant({ sku: 'secret', accounts: BUYERS, consentMask: 5 });
  await plant({ sku: 'secret', accounts: BUYERS, cohort: SPENT });
  await plant({ sku: 'secret', accounts: BUYERS, receivedAgo: '0 seconds' });
  await plant({ sku: 'secret', accounts: BUYERS, isAccount: false });
  const opened = await request();
  await cancelTraining(db(), opened.id);
  await spendAll(SPENT);
});

beforeEach(async () => {
  await db().pool.query("UPDATE model_version SET status = 'CANCELLED' WHERE status IN ('PENDING', 'TRAINING')");
});

afterEach(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  workers.length = 0;
});

interface Planted {
  readonly sku: string;
  readonly accounts: number;
  readonly consentMask?: number;
  readonly cohort?: string;
  readonly receivedAgo?: string;
  readonly isAccount?: boolean;
}

/** Accounts that bought one product two days ago. */
async function plant({ sku, accounts, ...rest }: Planted): Promise<void> {
  const { consentMask = 7, cohort = PAYING, receivedAgo = '2 days', isAccount = true } = rest;
  await db().pool.query(
    `WITH planted AS (
       INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
       SELECT gen_random_uuid(), CASE WHEN $6 THEN sha256(gen_random_uuid()::text::bytea) END,
              CASE WHEN $6 THEN $4 END, $3
       FROM generate_series(1, $1) RETURNING id
     )
     INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at)
     SELECT planted.id, gen_random_uuid(), product.id, 'PURCHASE', now() - interval '2 days', now() - $5::interval
     FROM planted, product WHERE product.sku = $2`,
    [accounts, sku, consentMask, cohort, receivedAgo, isAccount],
  );
}

async function startWorker(): Promise<WorkerProcess> {
  const worker = spawnWorker({ DATABASE_URL: database.url });
  workers.push(worker);
  await eventually(() => expect(worker.logs, worker.errors.join('\n')).toContainEqual(logged('ready')));
  return worker;
}
const eventually = <Result>(check: () => Result | Promise<Result>) => vi.waitFor(check, 25_000);
const logged = (msg: string) => expect.objectContaining({ msg });
const reaches = (id: string, ...statuses: ModelStatus[]) =>
  eventually(async () => {
    const version = (await findModelVersion(db(), id))!;
    expect(statuses, `${version.failure ?? ''} ${await logOf(id)}`).toContain(version.status);
    return version;
  });
const statusOf = async (reservationId: string) => (await findReservation(db(), reservationId))!.status;
const isStarted = (id: string) =>
  eventually(async () => {
    const { reservationId } = (await findModelVersion(db(), id))!;
    expect(await statusOf(reservationId!)).toBe('STARTED');
    return reservationId!;
  });
const countEntries = async () =>
  (await db().pool.query('SELECT count(*)::int AS count FROM ledger_entry WHERE cohort = $1', [PAYING])).rows[0].count;
const logOf = async (id: string) => (await readTrainingLog(db(), id)).map(({ line }) => line);

async function request(asked: Partial<TrainingRequest> = {}) {
  const whole = { algorithm: 'private-ease', epsilon: '1', requestedBy: 'test', shouldActivate: false, ...asked };
  const result = await requestTraining(db(), whole, new Date());
  if (result.kind !== 'requested') throw new Error(result.kind);
  return { ...result.version, reservationId: result.reservation?.id ?? '' };
}

/** As if entries of an earlier time had spent all of it: within what the table's own checks let through. */
async function spendAll(cohort: string): Promise<void> {
  await db().pool.query(
    'UPDATE privacy_cohort SET spent_units = cap_units, entry_count = entry_count + 1 WHERE cohort = $1',
    [cohort],
  );
}

/** As if an earlier version had priced it. Its triggers let nobody do that, so they are off meanwhile. */
async function chargeInstead(reservationId: string, event: DpEvent): Promise<void> {
  const { pool } = db();
  await pool.query('ALTER TABLE reservation DISABLE TRIGGER USER');
  await pool.query('UPDATE reservation SET event = $2 WHERE id = $1', [reservationId, JSON.stringify(event)]);
  await pool.query('ALTER TABLE reservation ENABLE TRIGGER USER');
}

/** While it is held no worker can go on past that statement. */
async function hold(statement: string): Promise<() => Promise<void>> {
  const client = await db().pool.connect();
  await client.query('BEGIN');
  await client.query(statement);
  let released: Promise<void> | undefined;
  const release = () => (released ??= client.query('COMMIT').then(() => client.release()));
  onTestFinished(release);
  return release;
}
const holdInteractions = () => hold('LOCK TABLE interaction IN ACCESS EXCLUSIVE MODE');
const holdFinish = () => hold(`SELECT pg_advisory_xact_lock(${ACTIVATION_LOCK})`);

it('draws what was paid for, stores it, and serves a model of it', async () => {
  const worker = await startWorker();
  // Noise of about 3 accounts on interest: BUYERS stand far above it.
  const asked = await request({ epsilon: '6', shouldActivate: true });
  const version = await reaches(asked.id, 'ACTIVE');
  expect(version).toMatchObject({
    privacyLevel: 'DIFFERENTIAL',
    epsilon: '6',
    delta: '0.000001',
    releaseIds: [asked.reservationId],
    progress: 1,
  });
  expect(await findReservation(db(), asked.reservationId)).toMatchObject({
    status: 'RELEASED',
    excludedCohorts: [SPENT],
  });
  const statistic = decodeStatistic(await readStatistic(db(), asked.reservationId));
  const skus = (await db().prisma.product.findMany({ orderBy: { id: 'asc' } })).map(({ sku }) => sku);
  const interestIn = (sku: string) => statistic.interest[skus.indexOf(sku)]!;
  // Off by more than 20 deviations of the noise by chance: below exp(-200).
  const tolerance = 20 * statistic.deviations.interest;
  expect(tolerance).toBeLessThan(BUYERS / 4);
  expect(Math.abs(interestIn('mug') - BUYERS)).toBeLessThan(tolerance);
  expect(Math.abs(interestIn('secret'))).toBeLessThan(tolerance);
  expect(decodeArtifact(await readArtifact(db(), asked.id))).toMatchObject({ algorithm: 'private-ease' });

  const log = await logOf(asked.id);
  expect(log[0]).toBe('Planned: a release of epsilon 6 at delta 0.000001, counted alone');
  expect(log[1]).toContain(SPENT);
  expect(log.at(-1)).toMatch(/edge of the noise/);
  expect(await readModelMetrics(db(), asked.id)).toEqual([]);
  const points = await readTrainingPoints(db(), asked.id);
  const told = JSON.stringify([log, points, worker.logs, version]);
  expect(told).not.toMatch(new RegExp(`\\b(${BUYERS}|${2 * BUYERS}|${4 * BUYERS})\\b`));
});

it('trains private ALS, whose factors are the release', async () => {
  await startWorker();
  const asked = await request({ algorithm: 'private-ials', epsilon: '2', shouldActivate: true });
  const version = await reaches(asked.id, 'ACTIVE');
  expect(version).toMatchObject({ epsilon: '2', releaseIds: [asked.reservationId], privacyLevel: 'DIFFERENTIAL' });
  expect(await findReservation(db(), asked.reservationId)).toMatchObject({
    status: 'RELEASED',
    question: { statistic: 'item-factors', hyperparameters: { rank: 24 } },
  });
  expect(decodeArtifact(await readArtifact(db(), asked.id))).toMatchObject({ algorithm: 'private-ials' });
  expect(await readModelMetrics(db(), asked.id)).toEqual([]);
});

it('draws the noise that the ledger charged, though it would plan other noise today', async () => {
  const asked = await request();
  const { event } = (await findReservation(db(), asked.reservationId))!;
  if (event.kind !== 'composed') throw new Error('a statistic is several releases');
  // Four times the variance of each part, as if another version had planned it.
  const parts = event.parts.map((part) => {
    if (part.event.kind !== 'discreteGaussian') throw new Error('each release is Gaussian');
    return { ...part, event: { ...part.event, variance: `${4n * BigInt(part.event.variance)}` } };
  });
  await chargeInstead(asked.reservationId, { ...event, parts });
  await startWorker();
  await reaches(asked.id, 'READY');
  const interest = parts[1]!.event;
  const { deviations } = decodeStatistic(await readStatistic(db(), asked.reservationId));
  expect(deviations.interest).toBeCloseTo(
    Math.sqrt(Number(interest.variance) / Number(interest.sensitivitySquared)),
    9,
  );
});

it.each(['private-ease', 'private-ials'])(
  'starts nothing of %s that was charged for other releases',
  async (algorithm) => {
    const asked = await request({ algorithm });
    const { event } = (await findReservation(db(), asked.reservationId))!;
    await chargeInstead(asked.reservationId, { kind: 'composed', parts: [{ event, count: 1 }] });
    await startWorker();
    const version = await reaches(asked.id, 'REFUSED');
    expect(version.failure).toMatch(/charged by another version/);
    expect(await statusOf(asked.reservationId)).toBe('RESERVED');
  },
);

it('learns from stored releases at no further cost', async () => {
  await startWorker();
  const entries = await countEntries();
  const { id } = await request({ algorithm: 'private-popularity', epsilon: undefined });
  const version = await reaches(id, 'READY');
  expect(version.releaseIds).not.toEqual([]);
  expect(await countEntries()).toBe(entries);
  expect(await logOf(id)).toContain('Costs nothing more: learns from stored releases alone');
});

it('never draws twice from one start: after a worker died reading, the release is paid for again', async () => {
  const killed = await startWorker();
  const letGo = await holdInteractions();
  const asked = await request();
  const entries = await countEntries();
  expect(await isStarted(asked.id)).toBe(asked.reservationId);
  killed.child.kill('SIGKILL');
  await killed.ended;
  await startWorker();
  await eventually(async () => {
    const { reservationId } = (await findModelVersion(db(), asked.id))!;
    expect(reservationId).not.toBe(asked.reservationId);
  });
  await letGo();
  const version = await reaches(asked.id, 'READY');
  expect(version.releaseIds).toContain(version.reservationId);
  expect(version.releaseIds).not.toContain(asked.reservationId);
  expect(await statusOf(asked.reservationId)).toBe('STARTED');
  expect(await countEntries()).toBe(entries + 1);
  expect(await logOf(asked.id)).toContain('Begun by another worker already: paid for anew');
});

it('goes on from a release that is stored: after a worker died training, nothing is paid again', async () => {
  const killed = await startWorker();
  const letGo = await holdFinish();
  const asked = await request();
  const entries = await countEntries();
  await eventually(async () => expect(await statusOf(asked.reservationId)).toBe('RELEASED'));
  const { rows: before } = await db().pool.query('SELECT id, released_at FROM release ORDER BY id');
  killed.child.kill('SIGKILL');
  await killed.ended;
  await startWorker();
  await letGo();
  const version = await reaches(asked.id, 'READY');
  expect(version.reservationId).toBe(asked.reservationId);
  expect(version.releaseIds).toContain(asked.reservationId);
  expect(await countEntries()).toBe(entries);
  expect((await db().pool.query('SELECT id, released_at FROM release ORDER BY id')).rows).toEqual(before);
});

it('leaves a release to whoever took the run while this worker was stalled', async () => {
  const stalled = await startWorker();
  const letGo = await holdInteractions();
  const asked = await request();
  await isStarted(asked.id);
  stalled.child.kill('SIGSTOP');
  await startWorker();
  await eventually(async () => {
    const { reservationId } = (await findModelVersion(db(), asked.id))!;
    expect(reservationId).not.toBe(asked.reservationId);
  });
  stalled.child.kill('SIGCONT');
  await letGo();
  const version = await reaches(asked.id, 'READY');
  await eventually(() =>
    expect(stalled.logs).toContainEqual(logged('stopped: the run was taken over by another worker')),
  );
  expect(await statusOf(asked.reservationId), 'what the stalled one drew is not stored').toBe('STARTED');
  expect(version.releaseIds).not.toContain(asked.reservationId);
});

it('keeps the charge of a cancelled run', async () => {
  await startWorker();
  const letGo = await holdInteractions();
  const asked = await request();
  const entries = await countEntries();
  await isStarted(asked.id);
  await cancelTraining(db(), asked.id);
  await reaches(asked.id, 'CANCELLED');
  await letGo();
  expect(await statusOf(asked.reservationId)).toBe('STARTED');
  expect(await countEntries()).toBe(entries);
});

it('fails with a fixed text, whatever the rows did to it', async () => {
  const worker = await startWorker();
  await db().pool.query('ALTER TABLE interaction RENAME COLUMN occurred_at TO happened_at');
  const asked = await request();
  const version = await reaches(asked.id, 'FAILED');
  await db().pool.query('ALTER TABLE interaction RENAME COLUMN happened_at TO occurred_at');
  expect(version.failure).toBe(
    'The private release could not be drawn. Its charge stands, since rows may have been read; a new training pays again.',
  );
  expect(JSON.stringify(worker.logs)).not.toContain('occurred_at');
  expect(await statusOf(asked.reservationId)).toBe('STARTED');
});

it('succeeds over nobody: a release of no account is noise', async () => {
  await startWorker();
  await db().pool.query('UPDATE customer SET consent_mask = consent_mask & ~2');
  const asked = await request();
  expect(await reaches(asked.id, 'READY', 'FAILED')).toMatchObject({ status: 'READY', failure: null });
  expect(await statusOf(asked.reservationId)).toBe('RELEASED');
});

it('is refused where a release that was begun cannot be paid for again', async () => {
  const killed = await startWorker();
  const letGo = await holdInteractions();
  const asked = await request();
  await isStarted(asked.id);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const { rows } = await db().pool.query('SELECT cohort FROM privacy_cohort WHERE cohort <> $1', [SPENT]);
  for (const { cohort } of rows) await spendAll(cohort);
  await letGo();
  await startWorker();
  const version = await reaches(asked.id, 'REFUSED');
  expect(version.failure).toMatch(/has to be paid for again/);
  expect(version.reservationId).toBe(asked.reservationId);
  expect(await listRefusals(db(), { first: 1 })).toMatchObject([{ askedBy: 'test', code: 'BUDGET_EXHAUSTED' }]);
});
