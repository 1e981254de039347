import { ALGORITHMS, type Algorithm, PRIVATE_ALGORITHMS, type PrivateAlgorithm } from '@sotto/recommender/evaluation';

/** Whatever can be evaluated: content is trained on nothing. */
export type EvaluatedModel = Algorithm | PrivateAlgorithm | 'content';

/** What reads no release. */
export const PUBLIC_MODELS: readonly EvaluatedModel[] = ALGORITHMS;
export const MODELS: readonly EvaluatedModel[] = [...ALGORITHMS, 'content', ...PRIVATE_ALGORITHMS];
/** What a private model stands beside unless told: without privacy, without people, and without taste. */
export const MODELS_BESIDE_PRIVATE: readonly EvaluatedModel[] = [
  'ease',
  'ials',
  'content',
  'private-popularity',
  'private-ease',
];

export function isPrivate(model: EvaluatedModel): model is PrivateAlgorithm {
  return PRIVATE_ALGORITHMS.some((algorithm) => algorithm === model);
}

/** Whether it learns from rows, without privacy. */
export function isTrained(model: EvaluatedModel): model is Algorithm {
  return ALGORITHMS.some((algorithm) => algorithm === model);
}
