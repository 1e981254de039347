import { ALGORITHMS, type Algorithm, InvalidHyperparameters, parseHyperparameters } from '@sotto/recommender/serving';
import { type InvalidInputShape, invalidInput } from '../errors.ts';

export interface ModelRequest {
  readonly algorithm: Algorithm;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
}

export interface TrainingInputShape {
  readonly algorithm: string;
  readonly hyperparameters?: unknown;
  readonly epsilon?: string | null | undefined;
  readonly withoutPrivacy?: boolean | null | undefined;
}

/** @returns what to train, or what is wrong, by its path in the input */
export function parseTrainingInput(input: TrainingInputShape): ModelRequest | InvalidInputShape {
  if (input.epsilon != null)
    return invalidInput('private training is not available in this version; leave epsilon out', 'epsilon');
  if (input.withoutPrivacy !== true)
    return invalidInput(
      'this version trains without differential privacy only; say withoutPrivacy: true to accept that',
      'withoutPrivacy',
    );
  return parseModel(input.algorithm, input.hyperparameters);
}

/** @returns the algorithm with its hyperparameters as given, or what is wrong */
export function parseModel(algorithm: string, hyperparameters: unknown): ModelRequest | InvalidInputShape {
  if (!isAlgorithm(algorithm))
    return invalidInput(`there is no such algorithm; there are: ${ALGORITHMS.join(', ')}`, 'algorithm');
  try {
    parseHyperparameters(algorithm, hyperparameters ?? {});
  } catch (error) {
    if (!(error instanceof InvalidHyperparameters)) throw error;
    return invalidInput(error.message, ['hyperparameters', error.path].filter((part) => part !== '').join('.'));
  }
  return { algorithm, hyperparameters: (hyperparameters ?? {}) as Record<string, unknown> };
}

function isAlgorithm(text: string): text is Algorithm {
  return (ALGORITHMS as readonly string[]).includes(text);
}
