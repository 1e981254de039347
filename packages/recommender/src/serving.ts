export { decodeArtifact, encodeArtifact } from './artifact.ts';
export { type History, INTERACTION_KINDS, type InteractionKind, type Interactions } from './interactions.ts';
export { ItemIndex, type TopItems } from './kernels/item-index.ts';
export { type Hyperparameters, parseHyperparameters } from './models/hyperparameters.ts';
export { parsePrivateHyperparameters } from './private-hyperparameters.ts';
export type { Neighbours, Recommender, ServingModel } from './recommender.ts';
export { type ArtifactRefusal, ModelFormatError } from './section.ts';
export {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  PRIVATE_ALGORITHMS,
  type PrivateAlgorithm,
} from './trainer.ts';
