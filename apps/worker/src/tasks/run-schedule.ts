import { type Database, requestScheduledTraining, runScheduleJob } from '@sotto/database';
import type { Task } from 'graphile-worker';
import type { Logger } from 'pino';

/** The queue runs this once for each minute, whichever worker takes it: two workers never request one training twice. */
export function createRunScheduleTask({ database, log }: { readonly database: Database; readonly log: Logger }): Task {
  return async (payload) => {
    const { _cron } = runScheduleJob.payload.parse(payload);
    const modelVersionId = await requestScheduledTraining(database, _cron.ts);
    if (modelVersionId) log.info({ modelVersionId }, 'requested a scheduled training');
  };
}
