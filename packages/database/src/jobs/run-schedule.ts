import { z } from 'zod';
import type { Job } from './enqueue.ts';

const payload = z.object({
  /** The queue's scheduler adds this: the minute that the job stands for. */
  _cron: z.object({ ts: z.coerce.date() }),
});

/** Once a minute over all workers: starts what the operator scheduled for that minute. */
export const runScheduleJob: Job<typeof payload> = {
  name: 'run-schedule',
  payload,
  keyOf: ({ _cron }) => `run-schedule:${_cron.ts.toISOString()}`,
  maxAttempts: 3,
};
