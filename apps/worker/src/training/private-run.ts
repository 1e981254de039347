import {
  type ClaimedRun,
  type Database,
  type PrivateLineage,
  readCatalogueContent,
  type Transaction,
} from '@sotto/database';
import type { CatalogueContent, ThreadRunOptions } from '@sotto/recommender/training';
import type { Env } from '../env.ts';
import { TrainingDataError } from '../failure.ts';
import { describeCatalogue } from './catalogue.ts';
import { runFactors } from './factors-run.ts';
import type { RunReporter } from './run-reporter.ts';
import { runFromStatistics } from './statistic-run.ts';

/** What the parts of a private run work with. */
export interface PrivateRun {
  readonly run: ClaimedRun;
  readonly reporter: RunReporter;
  /** Of the products in `productIds`, in their order. */
  readonly catalogue: CatalogueContent;
  /** Ascending. */
  readonly productIds: Int32Array;
  readonly maxInteractionsPerCustomer: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** How a thread reports whose 0..1 is the share from..to of the run. */
  stageOf(from: number, to: number): ThreadRunOptions & { readonly threads: number };
}

export interface TrainedPrivately {
  readonly artifact: Uint8Array;
  /** Whether taste stands over the edge of the noise; where it does not, content and private popularity decide. */
  readonly isPersonal: boolean;
  readonly lineage: PrivateLineage;
  /** What is to be written in the transaction that stores the model. */
  readonly storeWith?: (tx: Transaction) => Promise<void>;
}

/** What it reports follows from parameters, the catalogue and releases alone. */
export async function trainPrivately(
  database: Database,
  run: ClaimedRun,
  reporter: RunReporter,
  { env, seed, signal }: { readonly env: Env; readonly seed: number; readonly signal: AbortSignal },
): Promise<Omit<TrainedPrivately, 'isPersonal'>> {
  const { productIds, catalogue } = describeCatalogue(await readCatalogueContent(database));
  if (productIds.length === 0)
    throw new TrainingDataError('The catalogue has no product: there is nothing to recommend.');
  const context: PrivateRun = {
    run,
    reporter,
    catalogue,
    productIds,
    maxInteractionsPerCustomer: env.maxInteractionsPerCustomer,
    seed,
    signal,
    stageOf: (from, to) => ({
      threads: env.trainingThreads,
      signal,
      onProgress: (fraction, message) => reporter.onProgress(from + (to - from) * fraction, message),
      onPoint: (name, step, value) => reporter.onPoint(name, step, value),
    }),
  };
  const { isPersonal, ...trained } =
    run.algorithm === 'private-ials' ? await runFactors(database, context) : await runFromStatistics(database, context);
  reporter.onProgress(1, describeActivationRule(isPersonal));
  return trained;
}

/** Which of the two is served follows from the releases alone, so it is told. */
function describeActivationRule(isPersonal: boolean): string {
  return isPersonal
    ? 'Taste stands over the edge of the noise: personal recommendations are served'
    : 'Nothing stands over the edge of the noise: content and private popularity are served';
}
