import { type Database, runScheduleJob } from '@sotto/database';
import { requestScheduledTraining } from '@sotto/training';
import type { Task } from 'graphile-worker';
import type { Logger } from 'pino';

/** The queue runs this once for each minute, whichever worker takes it: two workers never request one training twice. */
export function createRunScheduleTask({ database, log }: { readonly database: Database; readonly log: Logger }): Task {
  return async (payload) => {
    const { _cron } = runScheduleJob.payload.parse(payload);
    const scheduled = await requestScheduledTraining(database, _cron.ts, new Date());
    if (!scheduled) return;
    const { modelVersionId, isRefused } = scheduled;
    if (isRefused) log.warn({ modelVersionId }, 'refused a scheduled training');
    else log.info({ modelVersionId }, 'requested a scheduled training');
  };
}
