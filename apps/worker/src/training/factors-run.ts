import type { Database } from '@sotto/database';
import { completeRelease } from '@sotto/ledger';
import { planPrivateAls, trainPrivateAlsInThread } from '@sotto/recommender/training';
import { drawRelease } from './draw-release.ts';
import type { PrivateRun, TrainedPrivately } from './private-run.ts';
import { findOwnReservation, planAsCharged, takeReservation } from './take-reservation.ts';

/**
 * Private ALS: its item factors are themselves the release, so that the model and the release are stored in one
 * transaction, and a run that was interrupted before it pays again.
 */
export async function runFactors(database: Database, context: PrivateRun): Promise<TrainedPrivately> {
  const { run, reporter, catalogue, productIds, seed } = context;
  const reserved = run.reservationId === null ? undefined : await findOwnReservation(database, run.reservationId);
  if (!reserved) throw new Error('factors without a release of their own');
  const { epsilon, delta, event } = reserved;
  const itemCount = productIds.length;
  const { hyperparameters } = reserved.question;
  const plan = planAsCharged(() => planPrivateAls({ epsilon, delta, itemCount, hyperparameters, charged: event }));
  const started = await takeReservation(database, run, reserved, reporter);
  reporter.onProgress(0, 'Reading interactions');
  const trained = await drawRelease(database, started, context, (input) =>
    trainPrivateAlsInThread({ ...input, catalogue }, plan, { ...context.stageOf(0, 1), seed }),
  );
  const answer = { statistic: 'item-factors', byteCount: trained.artifact.length };
  return {
    ...trained,
    lineage: { releaseIds: [started.id], epsilon: started.epsilon, delta: started.delta },
    storeWith: async (tx) => {
      await completeRelease(tx, started.id, { answer, rows: [] }, new Date());
    },
  };
}
