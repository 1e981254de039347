import {
  type ClaimedRun,
  claimTraining,
  type Database,
  endTraining,
  finishTraining,
  type ModelMetric,
  noteInterruption,
  releaseTraining,
  type TrainingReport,
  trainModelJob,
} from '@sotto/database';
import { type Algorithm, trainInThread } from '@sotto/recommender/training';
import type { Task } from 'graphile-worker';
import type { Logger } from 'pino';
import type { Env } from '../env.ts';
import {
  describeFailure,
  describeForLog,
  describeInterruption,
  isTransient,
  RunLostError,
  RunRefusedError,
} from '../failure.ts';
import { loadTrainingInput } from '../training/load-input.ts';
import { trainPrivately } from '../training/private-run.ts';
import { RunReporter } from '../training/run-reporter.ts';

export interface TrainModelDeps {
  readonly database: Database;
  /** This process; runs are claimed in its name. */
  readonly workerId: string;
  readonly env: Env;
  readonly log: Logger;
  /** Aborts when the worker is to stop: a run is given back. */
  readonly shutdown: AbortSignal;
}

/** Fixed: the same rows give the same model. */
const SEED = 1;

/** Trains one version, from the claim to the stored artifact. A failure of the run is its result, not the job's. */
export function createTrainModelTask(deps: TrainModelDeps): Task {
  return async (payload) => {
    const { modelVersionId } = trainModelJob.payload.parse(payload);
    const { database, workerId, env } = deps;
    const log = deps.log.child({ modelVersionId });
    const { staleAfterMs } = env;
    const run = await claimTraining(database, { modelVersionId, workerId }, { staleAfterMs, device: 'cpu' });
    if (!run) {
      log.info("not trained here: it is over, or another worker's");
      return;
    }
    log.info({ algorithm: run.algorithm }, 'training');
    const reporter = new RunReporter(database, run, env, log);
    const signal = AbortSignal.any([reporter.signal, deps.shutdown]);
    try {
      const result = await train(deps, run, reporter, signal);
      const report = await reporter.stop();
      signal.throwIfAborted();
      const outcome = await finishTraining(database, run, { ...result, ...report });
      if (outcome === 'cancel-requested') await endTraining(database, run, undefined, report);
      log.info({ outcome }, 'training ended');
    } catch (error) {
      await endUnfinished(deps, run, reporter, error, log);
    }
  };
}

/** What finishTraining stores, without the last report. */
type Trained = Omit<Parameters<typeof finishTraining>[2], keyof TrainingReport>;

async function train(
  { database, env }: TrainModelDeps,
  run: ClaimedRun,
  reporter: RunReporter,
  signal: AbortSignal,
): Promise<Trained> {
  if (run.privacyLevel === 'DIFFERENTIAL') {
    // Whatever is measured on rows would be a release of its own.
    return { ...(await trainPrivately(database, run, reporter, { env, seed: SEED, signal })), metrics: [] };
  }
  reporter.onProgress(0, 'Reading interactions');
  const input = await loadTrainingInput(database, env, signal);
  const { artifact, metrics } = await trainInThread(run.algorithm as Algorithm, run.hyperparameters, input, {
    seed: SEED,
    threads: env.trainingThreads,
    signal,
    onProgress: (fraction, message) => reporter.onProgress(fraction, message),
    onPoint: (name, step, value) => reporter.onPoint(name, step, value),
  });
  return { artifact, metrics: toMetrics(metrics) };
}

async function endUnfinished(
  { database, shutdown }: TrainModelDeps,
  run: ClaimedRun,
  reporter: RunReporter,
  error: unknown,
  log: Logger,
): Promise<void> {
  const report = await reporter.stop();
  if (reporter.outcome === 'lost' || error instanceof RunLostError) {
    log.warn('stopped: the run was taken over by another worker');
  } else if (reporter.outcome === 'cancel-requested') {
    await endTraining(database, run, undefined, report);
    log.info('cancelled');
  } else if (shutdown.aborted) {
    await releaseTraining(database, run, report);
    log.info('given back: this worker is shutting down');
  } else if (isTransient(error)) {
    // Without a further sign of life the run is taken up again, at most as often as runs of dead workers are.
    log.error({ error: describeForLog(error) }, 'the database failed during the training');
    await noteInterruption(database, run, describeInterruption(error), report).catch((reason: unknown) => {
      log.warn({ error: describeForLog(reason) }, 'could not note that');
    });
  } else {
    const status = error instanceof RunRefusedError ? 'REFUSED' : 'FAILED';
    await endTraining(database, run, { status, text: describeFailure(error) }, report);
    log.error({ error: describeForLog(error) }, status === 'REFUSED' ? 'training refused' : 'training failed');
  }
}

function toMetrics(figures: Readonly<Record<string, number>>): ModelMetric[] {
  return Object.entries(figures).map(([name, value]) => ({ name, value, lower: null, upper: null }));
}
