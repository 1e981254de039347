export { encodeArtifact } from './artifact.ts';
export { INTERACTION_KINDS, type InteractionKind, type Interactions } from './interactions.ts';
export { AlsSolver, placeAlsSide } from './kernels/als.ts';
export { openKernelPool } from './kernels/pool.ts';
export { type Hyperparameters, parseHyperparameters } from './models/hyperparameters.ts';
export { createRandom, fillNormal } from './random.ts';
export type { Recommender, ServingModel } from './recommender.ts';
export { type SparseMatrix, transpose } from './sparse-matrix.ts';
export { type ThreadTrainingOptions, type ThreadTrainingResult, trainInThread } from './train-in-thread.ts';
export { trainModel } from './train-model.ts';
export {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  TrainingCancelled,
  type TrainingContext,
  TrainingImpossible,
  type TrainingInput,
  type TrainModel,
} from './trainer.ts';
