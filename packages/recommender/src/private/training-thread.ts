import { workerData } from 'node:worker_threads';
import { encodeArtifact } from '../artifact.ts';
import { serveThread } from '../serve-thread.ts';
import type { StatisticAlgorithm } from '../trainer.ts';
import type { CatalogueContent } from './content-features.ts';
import { decodeStatistic } from './released-statistic.ts';
import { trainFromStatistics } from './train-from-statistics.ts';

export interface PrivateTrainingInput {
  readonly algorithm: StatisticAlgorithm;
  readonly hyperparameters: unknown;
  /** Encoded statistics, oldest first, at least one; on SharedArrayBuffers they are read where they are. */
  readonly statistics: readonly Uint8Array[];
  readonly catalogue: CatalogueContent;
  /** The catalogue's products, ascending. Shape [itemCount]. */
  readonly productIds: Int32Array;
}

export interface PrivateTrainingData extends PrivateTrainingInput {
  readonly seed: number;
  readonly threads: number;
  readonly cancelFlag: Int32Array;
}

export interface PrivateTrainingResult {
  /** The artifact. */
  readonly bytes: Uint8Array;
  /** Directions of taste that stand over the edge of the noise; 0: the model falls back on content and popularity. */
  readonly personalDimensions: number;
}

const { algorithm, hyperparameters, statistics, catalogue, productIds, ...context } = workerData as PrivateTrainingData;

await serveThread(async (report): Promise<PrivateTrainingResult> => {
  // Each was compared with its checksum when it was read.
  const released = statistics.map((bytes) => decodeStatistic(bytes, { isVerified: true }));
  const input = { statistics: released, catalogue, productIds };
  const { model, personalDimensions } = await trainFromStatistics(algorithm, hyperparameters, input, {
    ...context,
    ...report,
  });
  return { bytes: encodeArtifact(model), personalDimensions };
});
