import { expect, it } from 'vitest';
import { findModelVersion } from './model-versions.ts';
import { readSetting, writeSetting } from './settings.ts';
import { useDatabase } from './testing/index.ts';
import { cancelTraining } from './training-requests.ts';
import { requestScheduledTraining, trainingSchedule, unlockScheduleJobs } from './training-schedule.ts';

const database = useDatabase();
const MINUTE_MS = 60_000;
const minute = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
const fromNow = (minutes: number) => new Date(minute.getTime() + minutes * MINUTE_MS);
const cronOf = (at: Date) => `${at.getUTCMinutes()} ${at.getUTCHours()} * * ${at.getUTCDay()}`;

it('requests what is due, once while the last one is not over, and nothing else', async () => {
  const db = database.current;
  expect(await requestScheduledTraining(db, minute)).toBeUndefined();
  await writeSetting(db, trainingSchedule, {
    cron: cronOf(minute),
    algorithm: 'ease',
    hyperparameters: { lambda: 300 },
  });
  expect(await requestScheduledTraining(db, fromNow(1))).toBeUndefined();
  expect(await requestScheduledTraining(db, fromNow(24 * 60))).toBeUndefined();
  const asked = await Promise.all([1, 2, 3].map(() => requestScheduledTraining(db, minute)));
  const [id, ...more] = asked.filter((one) => one !== undefined);
  expect(more).toEqual([]);
  expect(await findModelVersion(db, id!)).toMatchObject({
    algorithm: 'ease',
    hyperparameters: { lambda: 300 },
    requestedBy: 'schedule',
    shouldActivate: true,
  });
  await cancelTraining(db, id!);
  expect(await requestScheduledTraining(db, minute)).toBeDefined();
});

it('leaves out a minute that comes up too late', async () => {
  const db = database.current;
  await db.pool.query("UPDATE model_version SET status = 'CANCELLED'");
  await writeSetting(db, trainingSchedule, { cron: '* * * * *', algorithm: 'ease' });
  expect(await requestScheduledTraining(db, fromNow(-11))).toBeUndefined();
  expect(await requestScheduledTraining(db, fromNow(-8))).toBeDefined();
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
