import {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  PRIVATE_ALGORITHMS,
  type PrivateAlgorithm,
  parseHyperparameters,
  parsePrivateHyperparameters,
} from '@sotto/recommender/serving';
import { InvalidTrainingError } from './invalid-training.ts';

/** What somebody asks to be trained, as they wrote it. */
export interface TrainingInput {
  readonly algorithm: string;
  readonly hyperparameters?: unknown;
  readonly epsilon?: unknown;
  readonly withoutPrivacy?: boolean | null | undefined;
}

interface ParsedModel<Name extends string> {
  readonly algorithm: Name;
  /** As given: what is left out follows the defaults of the day. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
}

/** What to train, checked. */
export type ParsedTraining =
  | (ParsedModel<Algorithm> & { readonly privacyLevel: 'NONE' })
  /** `epsilon`: of a new release, alone; undefined: from stored releases alone, which costs nothing more. */
  | (ParsedModel<PrivateAlgorithm> & { readonly privacyLevel: 'DIFFERENTIAL'; readonly epsilon: string | undefined });

/** Plain decimals only: what is stored in the ledger is what was asked. */
const DECIMAL = /^\d{1,9}(\.\d{1,12})?$/;
/** Below it a statistic is noise alone, above it protects nobody: a slip of the pen either way. */
const MIN_EPSILON = 0.01;
const MAX_EPSILON = 20;

/** The private model that stands in for one without privacy. */
const PRIVATE_COUNTERPART: Readonly<Record<Algorithm, PrivateAlgorithm>> = {
  popularity: 'private-popularity',
  'item-cosine': 'private-ease',
  ease: 'private-ease',
  ials: 'private-ials',
};

/**
 * Checks what is asked for. Reads nothing and charges nothing.
 * @throws InvalidTrainingError naming the parameter
 */
export function parseTraining(input: TrainingInput): ParsedTraining {
  const { algorithm } = input;
  if (isPrivate(algorithm)) {
    if (input.withoutPrivacy === true)
      throw new InvalidTrainingError('withoutPrivacy', `${algorithm} is private; leave withoutPrivacy out`);
    const epsilon = input.epsilon == null ? undefined : parseEpsilon(input.epsilon);
    if (epsilon === undefined && algorithm === 'private-ials')
      throw new InvalidTrainingError(
        'epsilon',
        `${algorithm} draws a release of its own at each training; say what it may cost, such as "1"`,
      );
    const hyperparameters = checkHyperparameters(input.hyperparameters, (given) =>
      parsePrivateHyperparameters(algorithm, given),
    );
    return { algorithm, hyperparameters, privacyLevel: 'DIFFERENTIAL', epsilon };
  }
  if (!isWithoutPrivacy(algorithm))
    throw new InvalidTrainingError(
      'algorithm',
      `there is no such algorithm; there are: ${[...PRIVATE_ALGORITHMS, ...ALGORITHMS].join(', ')}`,
    );
  if (input.withoutPrivacy !== true)
    throw new InvalidTrainingError(
      'withoutPrivacy',
      `${algorithm} is not differentially private: train ${PRIVATE_COUNTERPART[algorithm]}, or say withoutPrivacy: true`,
    );
  if (input.epsilon != null)
    throw new InvalidTrainingError('epsilon', 'a model without privacy has no epsilon; leave it out');
  const hyperparameters = checkHyperparameters(input.hyperparameters, (given) =>
    parseHyperparameters(algorithm, given),
  );
  return { algorithm, hyperparameters, privacyLevel: 'NONE' };
}

/** @throws InvalidTrainingError */
function parseEpsilon(value: unknown): string {
  if (typeof value !== 'string' || !DECIMAL.test(value))
    throw new InvalidTrainingError('epsilon', 'must be a decimal text such as "0.5", with at most 12 places');
  // A comparison with whole limits, no arithmetic: the text itself is what is charged.
  if (Number(value) < MIN_EPSILON || Number(value) > MAX_EPSILON)
    throw new InvalidTrainingError('epsilon', `must be from ${MIN_EPSILON} to ${MAX_EPSILON}`);
  return value;
}

function checkHyperparameters(given: unknown, parse: (value: unknown) => unknown): Readonly<Record<string, unknown>> {
  try {
    parse(given ?? {});
  } catch (error) {
    if (!(error instanceof InvalidHyperparameters)) throw error;
    throw new InvalidTrainingError(
      ['hyperparameters', error.path].filter((part) => part !== '').join('.'),
      error.message,
    );
  }
  return (given ?? {}) as Readonly<Record<string, unknown>>;
}

/** What versions of this name are marked as; an unknown name promises nothing. */
export function privacyLevelOf(algorithm: string): 'NONE' | 'DIFFERENTIAL' {
  return isPrivate(algorithm) ? 'DIFFERENTIAL' : 'NONE';
}

function isPrivate(text: string): text is PrivateAlgorithm {
  return (PRIVATE_ALGORITHMS as readonly string[]).includes(text);
}

function isWithoutPrivacy(text: string): text is Algorithm {
  return (ALGORITHMS as readonly string[]).includes(text);
}
