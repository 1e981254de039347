import { expect, it } from 'vitest';
import { readSetting, writeSetting } from './settings.ts';
import { useDatabase } from './testing/index.ts';
import { cancelTraining, insertTraining } from './training-requests.ts';
import { takeDueSchedule, trainingSchedule, unlockScheduleJobs } from './training-schedule.ts';
import { inTransaction } from './transaction.ts';

const database = useDatabase();
const MINUTE_MS = 60_000;
const minute = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
const fromNow = (minutes: number) => new Date(minute.getTime() + minutes * MINUTE_MS);
const cronOf = (at: Date) => `${at.getUTCMinutes()} ${at.getUTCHours()} * * ${at.getUTCDay()}`;

const take = (at: Date) => inTransaction(database.current, (tx) => takeDueSchedule(tx, at));
/** As the worker does: what is due becomes a run of the schedule's, in the same transaction. */
const takeAndRequest = (at: Date) =>
  inTransaction(database.current, async (tx) => {
    const schedule = await takeDueSchedule(tx, at);
    if (!schedule) return undefined;
    const { algorithm, hyperparameters } = schedule;
    return insertTraining(tx, {
      algorithm,
      hyperparameters,
      privacyLevel: 'NONE',
      requestedBy: 'schedule',
      shouldActivate: true,
    });
  });

it('tells what is due, once while the last run is not over, and nothing else', async () => {
  const db = database.current;
  expect(await take(minute)).toBeUndefined();
  const schedule = { cron: cronOf(minute), algorithm: 'private-ease', hyperparameters: { a: 1 }, epsilon: '0.5' };
  await writeSetting(db, trainingSchedule, schedule);
  expect(await take(fromNow(1))).toBeUndefined();
  expect(await take(fromNow(24 * 60))).toBeUndefined();
  expect(await take(minute)).toEqual({ ...schedule, withoutPrivacy: false });
  const asked = await Promise.all([1, 2, 3].map(() => takeAndRequest(minute)));
  const [id, ...more] = asked.filter((one) => one !== undefined);
  expect(more).toEqual([]);
  await cancelTraining(db, id!);
  expect(await takeAndRequest(minute)).toBeDefined();
});

it('leaves out a minute that comes up too late', async () => {
  const db = database.current;
  await db.pool.query("UPDATE model_version SET status = 'CANCELLED'");
  await writeSetting(db, trainingSchedule, { cron: '* * * * *', algorithm: 'ease' });
  expect(await take(fromNow(-11))).toBeUndefined();
  expect(await take(fromNow(-8))).toBeDefined();
});

it('frees the minutes of a dead worker, not those of one that is at it', async () => {
  const { pool } = database.current;
  const lock = async (worker: string, ago: string) => {
    const { rows } = await pool.query(`SELECT (graphile_worker.add_job('run-schedule', '{}')).id`);
    await pool.query(
      'UPDATE graphile_worker._private_jobs SET locked_by = $2, locked_at = now() - $3::interval WHERE id = $1',
      [rows[0].id, worker, ago],
    );
  };
  await lock('dead', '1 minute');
  await lock('alive', '1 second');
  expect(await unlockScheduleJobs(database.current, { staleAfterMs: 30_000 })).toBe(1);
  const { rows } = await pool.query(
    `SELECT locked_by FROM graphile_worker.jobs WHERE task_identifier = 'run-schedule' ORDER BY 1 NULLS LAST`,
  );
  expect(rows.map((row) => row.locked_by)).toEqual(['alive', null]);
});

it('takes a schedule back', async () => {
  await writeSetting(database.current, trainingSchedule, { cron: '* * * * *', algorithm: 'ease' });
  expect(await readSetting(database.current, trainingSchedule)).toMatchObject({ hyperparameters: {} });
  await writeSetting(database.current, trainingSchedule, null);
  expect(await readSetting(database.current, trainingSchedule)).toBeUndefined();
});

it.each(['', 'daily', '0 3 * *', '60 3 * * *', '0 3 * * MON'])('refuses the cron %j', async (cron) => {
  await expect(writeSetting(database.current, trainingSchedule, { cron, algorithm: 'ease' })).rejects.toThrow('cron');
});
