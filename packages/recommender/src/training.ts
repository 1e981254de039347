export { encodeArtifact } from './artifact.ts';
export { INTERACTION_KINDS, type InteractionKind, type Interactions } from './interactions.ts';
export { AlsSolver, placeAlsSide } from './kernels/als.ts';
export { openKernelPool } from './kernels/pool.ts';
export { type Hyperparameters, parseHyperparameters } from './models/hyperparameters.ts';
export type { CatalogueContent } from './private/content-features.ts';
export { releaseInThread } from './private/release-in-thread.ts';
export { releaseStatistic } from './private/release-statistic.ts';
export { decodeStatistic, encodeStatistic, type ReleasedStatistic } from './private/released-statistic.ts';
export { planStatistic, type StatisticPlan } from './private/statistic-plan.ts';
export {
  type StatisticTrainingInput,
  type StatisticTrainingResult,
  trainFromStatistics,
} from './private/train-from-statistics.ts';
export { trainPrivateInThread } from './private/train-in-thread.ts';
export { type PrivateAlsPlan, planPrivateAls } from './private-als/plan.ts';
export { trainPrivateAlsInThread } from './private-als/train-in-thread.ts';
export { trainPrivateAls } from './private-als/train-private-als.ts';
export { parsePrivateHyperparameters } from './private-hyperparameters.ts';
export { createRandom, fillNormal } from './random.ts';
export type { Recommender, ServingModel } from './recommender.ts';
export { type SparseMatrix, transpose } from './sparse-matrix.ts';
export type { ThreadRunOptions } from './thread-run.ts';
export { type ThreadTrainingOptions, type ThreadTrainingResult, trainInThread } from './train-in-thread.ts';
export { trainModel } from './train-model.ts';
export {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  PRIVATE_ALGORITHMS,
  type PrivateAlgorithm,
  type StatisticAlgorithm,
  TrainingCancelled,
  type TrainingContext,
  TrainingImpossible,
  type TrainingInput,
  type TrainModel,
} from './trainer.ts';
