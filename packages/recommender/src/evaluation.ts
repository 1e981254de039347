export { collectInteractions, type InteractionRow } from './evaluation/collect.ts';
export { ContentScorer } from './evaluation/content-scorer.ts';
export { type EvaluationOptions, evaluateRecommender, type Scorer } from './evaluation/evaluate.ts';
export { type LeaveOneOutOptions, splitLeaveOneOut } from './evaluation/leave-one-out.ts';
export { type HyperparameterValues, PRESETS, PRIVATE_PRESETS } from './evaluation/presets.ts';
export {
  type PrivateEvaluation,
  releaseForEvaluation,
  trainAlsForEvaluation,
  trainForEvaluation,
} from './evaluation/private-training.ts';
export { SEARCH_SPACES, sampleHyperparameters } from './evaluation/search.ts';
export type { EvaluatedUser, EvaluationSplit } from './evaluation/split.ts';
export { type InteractionLog, logOf, splitByTime, type TimeSplitOptions } from './evaluation/time-split.ts';
export { type TrainedScorers, trainScorers } from './evaluation/train-scorers.ts';
export type { Interactions } from './interactions.ts';
export { parseHyperparameters } from './models/hyperparameters.ts';
export { type CatalogueContent, emptyContent } from './private/content-features.ts';
export type { ReleasedStatistic } from './private/released-statistic.ts';
export { parsePrivateHyperparameters } from './private-hyperparameters.ts';
export {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  PRIVATE_ALGORITHMS,
  type PrivateAlgorithm,
  type TrainingContext,
  type TrainingInput,
} from './trainer.ts';
