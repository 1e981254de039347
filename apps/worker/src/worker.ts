import { randomUUID } from 'node:crypto';
import {
  ATTACK_SCHEDULE,
  type Database,
  isMigrated,
  MAX_SCHEDULE_DELAY_MS,
  openDatabase,
  recoverSegmentations,
  recoverTrainings,
  runAttacksJob,
  runScheduleJob,
  segmentCustomersJob,
  trainModelJob,
  unlockScheduleJobs,
} from '@sotto/database';
import { Logger, parseCronItems, type Runner, type RunnerOptions, run } from 'graphile-worker';
import type { Logger as Log } from 'pino';
import type { Env } from './env.ts';
import { describeForLog } from './failure.ts';
import { createRunAttacksTask } from './tasks/run-attacks.ts';
import { createRunScheduleTask } from './tasks/run-schedule.ts';
import { createSegmentCustomersTask } from './tasks/segment-customers.ts';
import { createTrainModelTask } from './tasks/train-model.ts';

/** The queue wakes workers by NOTIFY; this is for jobs whose hint was lost. */
const POLL_INTERVAL_MS = 2_000;
/** A worker that was away at the minute of the nightly attacks makes up for it within so long. */
const MAX_ATTACK_DELAY_MS = 60 * 60_000;

export interface RunningWorker {
  /** Settles when the worker has stopped, rejects when it cannot go on. */
  readonly ended: Promise<void>;
  /** Takes no more jobs, gives a running training back for another worker to take, and leaves the database. */
  stop(): Promise<void>;
}

/** @throws Error with one sentence when the database is not there or not migrated */
export async function startWorker(env: Env, log: Log): Promise<RunningWorker> {
  if (!(await isMigrated(env.databaseUrl).catch(explainUnreachable)))
    throw new Error('The database is not migrated to this version; run `npm run db:migrate` first.');
  const database = openDatabase({ url: env.databaseUrl, applicationName: 'sotto-worker' });
  const shutdown = new AbortController();
  const workerId = randomUUID();
  try {
    const common: RunnerOptions = {
      pgPool: database.pool,
      concurrency: 1,
      noHandleSignals: true,
      pollInterval: POLL_INTERVAL_MS,
      logger: toQueueLogger(log),
    };
    // One training takes every core, so there is one at a time and no clustering beside it. A schedule's minute does not
    // wait behind them.
    const trainer = await run({
      ...common,
      taskList: {
        [trainModelJob.name]: createTrainModelTask({ database, workerId, env, log, shutdown: shutdown.signal }),
        [segmentCustomersJob.name]: createSegmentCustomersTask({ database, workerId, env, log }),
        [runAttacksJob.name]: createRunAttacksTask({ database, log, shutdown: shutdown.signal }),
      },
      parsedCronItems: [],
    });
    const scheduler = await run({
      ...common,
      taskList: { [runScheduleJob.name]: createRunScheduleTask({ database, log }) },
      parsedCronItems: parseCronItems([
        {
          task: runScheduleJob.name,
          match: '* * * * *',
          options: { backfillPeriod: MAX_SCHEDULE_DELAY_MS, maxAttempts: runScheduleJob.maxAttempts },
        },
        {
          task: runAttacksJob.name,
          match: ATTACK_SCHEDULE,
          options: { backfillPeriod: MAX_ATTACK_DELAY_MS, maxAttempts: runAttacksJob.maxAttempts },
        },
      ]),
    });
    const stopRecovery = startRecovery(database, env, log);
    // Whoever starts a worker waits for this line, whatever level of log they asked for.
    log.child({}, { level: 'info' }).info({ workerId, threads: env.trainingThreads }, 'ready');
    return superviseRunners([trainer, scheduler], shutdown, async () => {
      await stopRecovery();
      await database.close();
      log.info({ workerId }, 'stopped');
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}

function superviseRunners(
  runners: readonly Runner[],
  shutdown: AbortController,
  leave: () => Promise<void>,
): RunningWorker {
  const ended = Promise.all(runners.map(({ promise }) => promise))
    .then(() => undefined)
    .finally(leave);
  return {
    ended,
    async stop() {
      if (shutdown.signal.aborted) return;
      // In this order: else the queue would hand the training that is given back to this same worker.
      const stopped = Promise.all(runners.map((runner) => runner.stop()));
      shutdown.abort(new Error('the worker is shutting down'));
      await stopped;
    },
  };
}

function startRecovery(database: Database, { recoveryIntervalMs, staleAfterMs }: Env, log: Log): () => Promise<void> {
  const recover = async () => {
    try {
      for (const recovered of await recoverTrainings(database, { staleAfterMs }))
        log.warn(recovered, 'took over a run whose worker gave no sign of life');
      for (const recovered of await recoverSegmentations(database, { staleAfterMs }))
        log.warn(recovered, 'took over a segmentation whose worker gave no sign of life');
      await unlockScheduleJobs(database, { staleAfterMs });
    } catch (error) {
      // The database is away for a moment, or for good: then the queue's own connection ends this worker.
      log.error({ error: describeForLog(error) }, 'could not look for abandoned runs');
    }
  };
  let current = recover();
  const timer = setInterval(() => {
    current = current.then(recover);
  }, recoveryIntervalMs);
  return async () => {
    clearInterval(timer);
    await current;
  };
}

function toQueueLogger(log: Log): Logger {
  return new Logger((scope) => (level, message) => {
    const write = { error: log.error, warning: log.warn, info: log.debug, debug: log.trace }[level];
    write.call(log, { ...(scope.taskIdentifier ? { task: scope.taskIdentifier, job: scope.jobId } : {}) }, message);
  });
}

function explainUnreachable(cause: Error): never {
  throw new Error(`The database cannot be reached: ${cause.message || ('code' in cause ? cause.code : cause.name)}`, {
    cause,
  });
}
