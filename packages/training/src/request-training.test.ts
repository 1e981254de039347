import { findModelVersion, inTransaction, listStatistics, readTrainingLog, writeStatistic } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { completeRelease, findReservation, listEntries, listRefusals, startReservation } from '@sotto/ledger';
import { expect, it } from 'vitest';
import { requestTraining, type TrainingRequest } from './request-training.ts';

const database = useDatabase();
const db = () => database.current;
const NOW = new Date('2026-05-10T12:00:00Z');
const ask = (request: Partial<TrainingRequest>, now = NOW) =>
  requestTraining(
    db(),
    { algorithm: 'private-ease', requestedBy: 'test', askedBy: 'key:one', shouldActivate: false, ...request },
    now,
  );
const count = async (table: 'model_version' | 'ledger_entry' | 'reservation') =>
  (await db().pool.query(`SELECT count(*)::int AS count FROM ${table}`)).rows[0].count;

it.each([
  ['0'],
  ['0.0'],
  ['-1'],
  ['NaN'],
  ['1e9'],
  ['1000000000'],
  ['0.000000000001'],
  ['1'.repeat(400)],
  [`0.${'1'.repeat(400)}`],
  ['1/2'],
  [' 1'],
  [''],
  [1],
  [0.5],
  [{}],
])('refuses epsilon %j: it names the parameter, charges nothing and repeats nothing', async (epsilon) => {
  const refused = ask({ epsilon });
  await expect(refused).rejects.toMatchObject({ name: 'InvalidTrainingError', path: 'epsilon' });
  const sent = String(epsilon);
  if (sent.length > 20) await expect(refused).rejects.not.toThrow(sent.slice(0, 20));
  expect(await count('model_version')).toBe(0);
  expect(await count('reservation')).toBe(0);
  const [logged] = await listRefusals(db(), { first: 1 });
  expect(logged).toMatchObject({ askedBy: 'key:one', purpose: 'TRAINING', code: 'BAD_INPUT', parameter: 'epsilon' });
});

it.each([
  ['withoutPrivacy', { algorithm: 'ials' }, 'private-ials'],
  ['withoutPrivacy', { algorithm: 'popularity', withoutPrivacy: false }, 'private-popularity'],
  ['withoutPrivacy', { withoutPrivacy: true, epsilon: '1' }, 'leave withoutPrivacy out'],
  ['epsilon', { algorithm: 'ease', withoutPrivacy: true, epsilon: '1' }, 'leave it out'],
  ['epsilon', {}, 'no release is stored'],
  ['epsilon', { algorithm: 'private-ials' }, 'at each training; say what it may cost, such as "1"'],
  ['algorithm', { algorithm: 'constructor' }, 'private-ease, '],
  ['hyperparameters.lambda', { algorithm: 'ease', withoutPrivacy: true, hyperparameters: { lambda: -1 } }, 'lambda'],
  // More noise than can be drawn: refused before anything is charged.
  [
    'epsilon',
    { algorithm: 'private-ials', epsilon: '0.01', hyperparameters: { popularityPercent: 90, iterations: 20 } },
    'noise',
  ],
  ['hyperparameters.colour', { epsilon: '1', hyperparameters: { colour: 1 } }, 'colour'],
])('refuses what is wrong with %s: %j', async (path, request, message) => {
  await expect(ask(request)).rejects.toMatchObject({ path, message: expect.stringContaining(message) });
  expect(await count('model_version')).toBe(0);
  expect(await count('reservation')).toBe(0);
});

it('charges every cohort and inserts the version and its job, together', async () => {
  await db().pool.query(
    `INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
     VALUES (gen_random_uuid(), '\\x01', '2026-03', 7), (gen_random_uuid(), '\\x02', '2026-04', 0)`,
  );
  const result = await ask({ epsilon: '0.5', shouldActivate: true });
  if (result.kind !== 'requested') throw new Error(result.kind);
  const { version, reservation } = result;
  expect(version).toMatchObject({
    algorithm: 'private-ease',
    status: 'PENDING',
    privacyLevel: 'DIFFERENTIAL',
    requestedBy: 'test',
    shouldActivate: true,
    reservationId: reservation!.id,
    epsilon: null,
    releaseIds: [],
  });
  // From January of the earliest account's year to the month of the window, empty months and those who do not consent too.
  const cohorts = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05'];
  expect(await findReservation(db(), reservation!.id)).toMatchObject({
    kind: 'STATISTIC',
    status: 'RESERVED',
    purpose: 'TRAINING',
    askedBy: 'key:one',
    epsilon: '0.5',
    delta: '0.000001',
    question: { statistic: 'co-occurrence', headFrom: 'itself' },
    windowEnd: new Date('2026-05-10T00:00:00Z'),
    cohorts,
    excludedCohorts: [],
  });
  const { entries } = (await listEntries(db(), { first: 10 }))!;
  expect(entries.map(({ cohort }) => cohort).sort()).toEqual(cohorts);
  const { rows: jobs } = await db().pool.query('SELECT 1 FROM graphile_worker.jobs WHERE key = $1', [
    `train-model:${version.id}`,
  ]);
  expect(jobs).toHaveLength(1);
  const [line] = await readTrainingLog(db(), version.id);
  expect(line!.line).toBe('Planned: a release of epsilon 0.5 at delta 0.000001, counted alone');
});

it('pays for each request anew: a fresh release is never a replay', async () => {
  const [before, again] = [await ask({ epsilon: '0.5' }), await ask({ epsilon: '0.5' })];
  if (before.kind !== 'requested' || again.kind !== 'requested') throw new Error('refused');
  expect(again.reservation!.id).not.toBe(before.reservation!.id);
});

it('is free from stored releases, and says so', async () => {
  const drawn = await ask({ epsilon: '0.5' });
  if (drawn.kind !== 'requested') throw new Error(drawn.kind);
  const { id } = drawn.reservation!;
  await startReservation(db(), id);
  await inTransaction(db(), async (tx) => {
    await completeRelease(tx, id, { answer: {}, rows: [] }, NOW);
    await writeStatistic(tx, id, new Uint8Array([1]), NOW);
  });
  expect(await listStatistics(db(), NOW)).toMatchObject([{ releaseId: id, byteCount: 1 }]);
  const entries = await count('ledger_entry');
  const result = await ask({ algorithm: 'private-popularity' });
  if (result.kind !== 'requested') throw new Error(result.kind);
  expect(result.reservation).toBeUndefined();
  expect(await findModelVersion(db(), result.version.id)).toMatchObject({
    privacyLevel: 'DIFFERENTIAL',
    reservationId: null,
  });
  expect(await readTrainingLog(db(), result.version.id)).toMatchObject([
    { line: 'Costs nothing more: learns from stored releases alone' },
  ]);
  expect(await count('ledger_entry')).toBe(entries);
  // The next release chooses its head from this one.
  const next = await ask({ epsilon: '0.5' });
  expect(next).toMatchObject({ reservation: { question: { headFrom: id } } });
});

it('refuses while the clock lies before the newest entry', async () => {
  const versions = await count('model_version');
  await expect(ask({ epsilon: '0.5' }, new Date(NOW.getTime() - 60_000))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    parameter: 'clock',
  });
  expect(await count('model_version')).toBe(versions);
});
