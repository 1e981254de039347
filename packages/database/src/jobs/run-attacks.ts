import { z } from 'zod';
import type { Job } from './enqueue.ts';

const payload = z.object({
  /** The queue's scheduler adds this: the minute that the job stands for. */
  _cron: z.object({ ts: z.coerce.date() }),
});

/** Once a night over all workers: attacks what is promised, and keeps the report. */
export const runAttacksJob: Job<typeof payload> = {
  name: 'run-attacks',
  payload,
  keyOf: ({ _cron }) => `run-attacks:${_cron.ts.toISOString()}`,
  maxAttempts: 3,
};

/** When, in UTC: at a minute at which few shops train. */
export const ATTACK_SCHEDULE = '17 4 * * *';
