import { parseCronItem } from 'graphile-worker';
import { z } from 'zod';
import type { Database } from './client.ts';
import { runScheduleJob } from './jobs/run-schedule.ts';
import { readSetting, type Setting } from './settings.ts';
import { inTransaction, type Transaction } from './transaction.ts';

const schema = z.strictObject({
  /** Five fields, numbers, in UTC: minute, hour, day of month, month, day of week (0 is Sunday). */
  cron: z.string().refine(isCron, 'must be five cron fields in numbers, as 0 3 * * *'),
  algorithm: z.string().min(1),
  hyperparameters: z.record(z.string(), z.unknown()).default({}),
  /** Decimal: what each run's own release costs alone. A private model without it learns from stored releases alone. */
  epsilon: z.string().optional(),
  /** What a model without differential privacy needs: the operator's word. */
  withoutPrivacy: z.boolean().default(false),
});

/** When a model is trained again by itself, and activated. */
export const trainingSchedule: Setting<typeof schema> = { name: 'training-schedule', schema };
export type TrainingSchedule = z.output<typeof schema>;

/** A minute that comes up later than so, after a worker died or none ran, is left out: its time was chosen for a reason. */
export const MAX_SCHEDULE_DELAY_MS = 10 * 60_000;

/**
 * The schedule, if the minute is one of its own and not long past. While an earlier scheduled run waits or trains,
 * another would only do its work twice and is left out. Until the transaction ends nobody else is told the same.
 * @param minute start of a minute; seconds are ignored
 */
export async function takeDueSchedule(tx: Transaction, minute: Date): Promise<TrainingSchedule | undefined> {
  const schedule = await readSetting(tx, trainingSchedule);
  if (!schedule || !isDue(schedule.cron, minute)) return undefined;
  await tx.query('SELECT 1 FROM shop_setting WHERE name = $1 FOR UPDATE', [trainingSchedule.name]);
  const { rows } = await tx.query(
    `SELECT $1::timestamptz < clock_timestamp() - $2 * interval '1 millisecond' AS "isLate", EXISTS (
       SELECT FROM model_version WHERE requested_by = 'schedule' AND status IN ('PENDING', 'TRAINING')
     ) AS "isWaiting"`,
    [minute, MAX_SCHEDULE_DELAY_MS],
  );
  return rows[0].isLate || rows[0].isWaiting ? undefined : schedule;
}

/**
 * Frees the minutes that a dead worker holds: each takes milliseconds, and the queue alone would wait four hours.
 * @returns how many workers it held to be dead
 */
export async function unlockScheduleJobs(
  database: Database,
  { staleAfterMs }: { readonly staleAfterMs: number },
): Promise<number> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query(
      `SELECT DISTINCT locked_by AS worker FROM graphile_worker.jobs
       WHERE task_identifier = $1 AND locked_at < clock_timestamp() - $2 * interval '1 millisecond'`,
      [runScheduleJob.name, staleAfterMs],
    );
    if (rows.length > 0)
      await tx.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [rows.map(({ worker }) => worker)]);
    return rows.length;
  });
}

function isCron(text: string): boolean {
  try {
    parseCronItem({ task: 'schedule', match: text });
    return true;
  } catch {
    return false; // the queue's parser says no by throwing
  }
}

function isDue(cron: string, minute: Date): boolean {
  return parseCronItem({ task: 'schedule', match: cron }).match({
    min: minute.getUTCMinutes(),
    hour: minute.getUTCHours(),
    date: minute.getUTCDate(),
    month: minute.getUTCMonth() + 1,
    dow: minute.getUTCDay(),
  });
}
