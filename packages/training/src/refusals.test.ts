import { findModelVersion, trainingSchedule, writeSetting } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { budgetPolicy, listAllowances, listRefusals, setAllowance } from '@sotto/ledger';
import { beforeAll, expect, it } from 'vitest';
import { requestTraining } from './request-training.ts';
import { requestScheduledTraining } from './schedule.ts';

const database = useDatabase();
const db = () => database.current;
const MINUTE_MS = 60_000;
const minute = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
const ask = (epsilon: string, askedBy = 'test') =>
  requestTraining(
    db(),
    { algorithm: 'private-ease', epsilon, requestedBy: 'test', askedBy, shouldActivate: false },
    new Date(),
  );
const countVersions = async () =>
  (await db().pool.query('SELECT count(*)::int AS count FROM model_version')).rows[0].count;
const schedule = (input: object) =>
  writeSetting(db(), trainingSchedule, { cron: '* * * * *', algorithm: 'private-ease', ...input });
const endScheduled = () =>
  db().pool.query(
    "UPDATE model_version SET status = 'CANCELLED' WHERE requested_by = 'schedule' AND status = 'PENDING'",
  );

beforeAll(() => writeSetting(db(), budgetPolicy, { epsilon: '2' }));

it('requests what is scheduled, and charges it to the schedule', async () => {
  await schedule({ epsilon: '0.5' });
  const scheduled = await requestScheduledTraining(db(), minute, new Date());
  expect(scheduled).toMatchObject({ isRefused: false });
  expect(await findModelVersion(db(), scheduled!.modelVersionId)).toMatchObject({
    status: 'PENDING',
    privacyLevel: 'DIFFERENTIAL',
    requestedBy: 'schedule',
    shouldActivate: true,
    reservationId: expect.any(String),
  });
  expect(await requestScheduledTraining(db(), minute, new Date()), 'the last one is not over').toBeUndefined();
  await endScheduled();
});

it('refuses what an allowance does not cover, and nothing is there of it', async () => {
  await setAllowance(db(), { askedBy: 'frugal', purpose: 'TRAINING', epsilon: '0.4', windowDays: 7 });
  const versions = await countVersions();
  expect(await ask('0.5', 'frugal')).toMatchObject({ kind: 'allowance-exceeded', resetsAt: expect.any(Date) });
  expect(await countVersions()).toBe(versions);
  expect(await listAllowances(db(), new Date())).toMatchObject([{ askedBy: 'frugal', spent: '0' }]);
  expect(await listRefusals(db(), { first: 1 })).toMatchObject([{ askedBy: 'frugal', code: 'ALLOWANCE_EXCEEDED' }]);
});

it('refuses once the budget is spent: nothing is inserted, and the refusal is logged', async () => {
  let result = await ask('1');
  for (let asked = 1; result.kind === 'requested'; asked++) {
    expect(asked, 'epsilon 1 alone fits a budget of 2 a few times').toBeLessThan(10);
    result = await ask('1');
  }
  const versions = await countVersions();
  const { rows: jobs } = await db().pool.query('SELECT count(*)::int AS count FROM graphile_worker.jobs');
  const month = minute.toISOString().slice(0, 7);
  expect(await ask('1')).toMatchObject({
    kind: 'budget-exhausted',
    requestedEpsilon: '1',
    cohorts: expect.arrayContaining([expect.objectContaining({ cohort: month })]),
  });
  expect(await countVersions()).toBe(versions);
  expect((await db().pool.query('SELECT count(*)::int AS count FROM graphile_worker.jobs')).rows).toEqual(jobs);
  expect(await listRefusals(db(), { first: 1 })).toMatchObject([
    { askedBy: 'test', purpose: 'TRAINING', code: 'BUDGET_EXHAUSTED' },
  ]);
});

it('leaves a scheduled run REFUSED where the budget cannot pay', async () => {
  await schedule({ epsilon: '1' });
  const scheduled = await requestScheduledTraining(db(), minute, new Date());
  expect(scheduled).toMatchObject({ isRefused: true });
  expect(await findModelVersion(db(), scheduled!.modelVersionId)).toMatchObject({
    status: 'REFUSED',
    privacyLevel: 'DIFFERENTIAL',
    reservationId: null,
    failure: expect.stringContaining('privacy budget'),
    finishedAt: expect.any(Date),
  });
  const { rows } = await db().pool.query('SELECT 1 FROM graphile_worker.jobs WHERE key = $1', [
    `train-model:${scheduled!.modelVersionId}`,
  ]);
  expect(rows).toEqual([]);
  expect(await listRefusals(db(), { first: 1 })).toMatchObject([{ askedBy: 'schedule', code: 'BUDGET_EXHAUSTED' }]);
});

it.each([
  ['no release to learn from', {}, 'epsilon'],
  ['a model without privacy that nobody stands for', { algorithm: 'ease' }, 'withoutPrivacy'],
])('leaves a scheduled run REFUSED: %s', async (_what, input, path) => {
  await schedule(input);
  const scheduled = await requestScheduledTraining(db(), minute, new Date());
  expect(scheduled).toMatchObject({ isRefused: true });
  expect((await findModelVersion(db(), scheduled!.modelVersionId))?.failure).toContain(path);
});
