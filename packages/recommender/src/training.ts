export { encodeArtifact } from './artifact.ts';
export { INTERACTION_KINDS, type InteractionKind, type Interactions } from './interactions.ts';
export { type Hyperparameters, parseHyperparameters } from './models/hyperparameters.ts';
export type { Recommender, ServingModel } from './recommender.ts';
export { type ThreadTrainingOptions, type ThreadTrainingResult, trainInThread } from './train-in-thread.ts';
export { trainModel } from './train-model.ts';
export {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  TrainingCancelled,
  type TrainingContext,
  type TrainingInput,
  type TrainModel,
} from './trainer.ts';
