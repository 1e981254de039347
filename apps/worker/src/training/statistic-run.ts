import {
  type Database,
  dropOldStatistics,
  holdTraining,
  inTransaction,
  listStatistics,
  readStatistic,
  writeStatistic,
} from '@sotto/database';
import { completeRelease } from '@sotto/ledger';
import {
  planStatistic,
  releaseInThread,
  type StatisticAlgorithm,
  trainPrivateInThread,
} from '@sotto/recommender/training';
import { composeLineage } from '@sotto/training';
import { RunLostError, TrainingDataError } from '../failure.ts';
import { drawRelease } from './draw-release.ts';
import type { PrivateRun, TrainedPrivately } from './private-run.ts';
import { findOwnReservation, planAsCharged, takeReservation } from './take-reservation.ts';

/** Of the whole run, when it draws a release of its own. */
const DRAW_SHARE = 0.6;

/** Draws the statistic that was reserved for the run, unless it is stored already, then trains from all stored ones. */
export async function runFromStatistics(database: Database, context: PrivateRun): Promise<TrainedPrivately> {
  const { run, reporter, catalogue, productIds, seed, stageOf } = context;
  const drawShare = run.reservationId === null ? 0 : DRAW_SHARE;
  if (run.reservationId !== null) await releaseStatistic(database, context, run.reservationId);
  context.signal.throwIfAborted();
  const stored = await listStatistics(database, new Date());
  if (stored.length === 0)
    throw new TrainingDataError('No release is stored to learn from; train with an epsilon for a new one.');
  reporter.onProgress(drawShare, 'Learning from stored releases, which costs nothing more');
  const statistics: Uint8Array[] = [];
  for (const { releaseId } of stored) statistics.push(await readStatistic(database, releaseId));
  const { personalDimensions, ...trained } = await trainPrivateInThread(
    {
      algorithm: run.algorithm as StatisticAlgorithm,
      hyperparameters: run.hyperparameters,
      statistics,
      catalogue,
      productIds,
    },
    { ...stageOf(drawShare, 1), seed },
  );
  const releaseIds = stored.map(({ releaseId }) => releaseId);
  const lineage = await composeLineage(database, releaseIds);
  return { ...trained, isPersonal: personalDimensions > 0, lineage };
}

/** Stores the statistic with its release: both or neither, and only while the run is still this worker's. */
async function releaseStatistic(database: Database, context: PrivateRun, reservationId: string): Promise<void> {
  const { run, reporter } = context;
  const reserved = await findOwnReservation(database, reservationId);
  if (!reserved) return;
  // Before anything is started: what can fail without a row being read costs no second charge.
  const stored = await listStatistics(database, new Date());
  const headFrom = stored.find(({ releaseId }) => releaseId === reserved.question['headFrom']);
  const previous = headFrom && (await readStatistic(database, headFrom.releaseId));
  const { epsilon, delta, event: charged } = reserved;
  planAsCharged(() => planStatistic({ epsilon, delta, productIds: new Int32Array(), charged }));
  const started = await takeReservation(database, run, reserved, reporter);
  reporter.onProgress(0, 'Reading interactions');
  const bytes = await drawRelease(database, started, context, (input) =>
    releaseInThread({ epsilon, delta, charged, previous, input }, context.stageOf(0, DRAW_SHARE)),
  );
  await inTransaction(database, async (tx) => {
    const now = new Date();
    // First, since it takes longest: the run's heartbeats wait while it is held.
    await writeStatistic(tx, started.id, bytes, now);
    if (!(await holdTraining(tx, run))) throw new RunLostError('the run was taken over');
    const answer = { statistic: 'co-occurrence', byteCount: bytes.length };
    await completeRelease(tx, started.id, { answer, rows: [] }, now);
    await dropOldStatistics(tx, now);
  });
}
