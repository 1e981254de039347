import { expect, it } from 'vitest';
import { findModelVersion } from './model-versions.ts';
import { readSetting, writeSetting } from './settings.ts';
import { useDatabase } from './testing/index.ts';
import { cancelTraining } from './training-requests.ts';
import { requestScheduledTraining, trainingSchedule } from './training-schedule.ts';

const database = useDatabase();
const monday = new Date('2026-11-23T03:00:00Z');

it('requests what is due, once while the last one is not over, and nothing else', async () => {
  const db = database.current;
  expect(await requestScheduledTraining(db, monday)).toBeUndefined();
  await writeSetting(db, trainingSchedule, {
    cron: '0 3 * * 1-5',
    algorithm: 'ease',
    hyperparameters: { lambda: 300 },
  });
  expect(await requestScheduledTraining(db, new Date('2026-11-23T03:01:00Z'))).toBeUndefined();
  expect(await requestScheduledTraining(db, new Date('2026-11-22T03:00:00Z'))).toBeUndefined();
  const asked = await Promise.all([1, 2, 3].map(() => requestScheduledTraining(db, monday)));
  const [id, ...more] = asked.filter((one) => one !== undefined);
  expect(more).toEqual([]);
  expect(await findModelVersion(db, id!)).toMatchObject({
    algorithm: 'ease',
    hyperparameters: { lambda: 300 },
    requestedBy: 'schedule',
    shouldActivate: true,
  });
  await cancelTraining(db, id!);
  expect(await requestScheduledTraining(db, monday)).toBeDefined();
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
