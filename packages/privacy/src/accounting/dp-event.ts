import { checkBound, checkOpenProbability, checkPositive, checkProbability, PrivacyParameterError } from '../checks.ts';
import { parseRational, type Rational } from '../rational.ts';

/**
 * What a release costs: a kind and its parameters, plain JSON, so that a ledger can store it for ever. Kinds are
 * append-only, and the meaning of one never changes. Numbers are exact texts ("1/2", "0.25").
 *
 * Unless said otherwise two data sets are neighbours when one has one account more (add or remove one).
 */
export type DpEvent =
  /** Continuous Gaussian noise of standard deviation `noiseMultiplier` times the L2 sensitivity. */
  | { readonly kind: 'gaussian'; readonly noiseMultiplier: string }
  /**
   * Discrete Gaussian noise of a variance, on integers that one account changes by at most sqrt(sensitivitySquared) in L2.
   * `dimensions`: "one" when it changes a single integer (its exact loss distribution is known), else "many".
   */
  | {
      readonly kind: 'discreteGaussian';
      readonly variance: string;
      readonly sensitivitySquared: string;
      readonly dimensions: 'one' | 'many';
    }
  /** Laplace noise on one number that one account changes by at most `sensitivity`. */
  | { readonly kind: 'laplace'; readonly scale: string; readonly sensitivity: string }
  /** Discrete Laplace noise on one integer that one account changes by at most `sensitivity`. */
  | { readonly kind: 'discreteLaplace'; readonly scale: string; readonly sensitivity: number }
  /** Anything epsilon-differentially private. */
  | { readonly kind: 'pure'; readonly epsilon: string }
  /** Epsilon-bounded range: the exponential mechanism. */
  | { readonly kind: 'boundedRange'; readonly epsilon: string }
  /** Anything rho-zero-concentrated. */
  | { readonly kind: 'zeroConcentrated'; readonly rho: string }
  /** Anything (epsilon, delta)-differentially private. */
  | { readonly kind: 'approximate'; readonly epsilon: string; readonly delta: string }
  /** A failure probability of its own, such as a rare key that passes its threshold. */
  | { readonly kind: 'ownDelta'; readonly delta: string }
  /**
   * k-ary randomised response: with probability `noise` a uniform answer among `buckets`, else the truth. Neighbours are
   * any two answers of one person (replace one), since there is no answer without a person.
   */
  | { readonly kind: 'randomizedResponse'; readonly noise: string; readonly buckets: number }
  /** An event on a Poisson sample: each account takes part independently with `probability`. */
  | { readonly kind: 'poissonSampled'; readonly probability: string; readonly event: DpEvent }
  /** All prefix sums of `steps` values by a binary tree, each account in one step, noise per node as for `gaussian`. */
  | { readonly kind: 'treeAggregation'; readonly noiseMultiplier: string; readonly steps: number }
  /** Several events one after the other, each `count` times. */
  | { readonly kind: 'composed'; readonly parts: readonly EventCount[] };

export interface EventCount {
  readonly event: DpEvent;
  readonly count: number;
}

/** A DpEvent without compositions. */
export type SimpleEvent = Exclude<DpEvent, { kind: 'composed' }>;

const MAX_COUNT = 2 ** 40;
const MAX_DEPTH = 16;

/** Checks every parameter of an event that came from outside (a ledger row, a job). Returns it typed. */
export function checkEvent(value: unknown, depth = 0): DpEvent {
  if (typeof value !== 'object' || value === null || !('kind' in value)) {
    throw new PrivacyParameterError('event', 'is missing or has no kind');
  }
  if (depth > MAX_DEPTH) throw new PrivacyParameterError('event', 'is nested too deeply');
  const event = value as DpEvent;
  switch (event.kind) {
    case 'gaussian':
      checkPositive('noiseMultiplier', event.noiseMultiplier);
      break;
    case 'discreteGaussian':
      checkPositive('variance', event.variance);
      checkPositive('sensitivitySquared', event.sensitivitySquared);
      if (event.dimensions !== 'one' && event.dimensions !== 'many') {
        throw new PrivacyParameterError('dimensions', 'must be "one" or "many"');
      }
      break;
    case 'laplace':
      checkPositive('scale', event.scale);
      checkPositive('sensitivity', event.sensitivity);
      break;
    case 'discreteLaplace':
      checkPositive('scale', event.scale);
      checkBound('sensitivity', event.sensitivity);
      break;
    case 'pure':
    case 'boundedRange':
      checkPositive('epsilon', event.epsilon);
      break;
    case 'zeroConcentrated':
      checkPositive('rho', event.rho);
      break;
    case 'approximate':
      checkNonNegative('epsilon', event.epsilon);
      checkProbability('delta', event.delta);
      break;
    case 'ownDelta':
      checkProbability('delta', event.delta);
      break;
    case 'randomizedResponse':
      checkOpenProbability('noise', event.noise);
      checkBound('buckets', event.buckets, 2 ** 31);
      if (event.buckets < 2) throw new PrivacyParameterError('buckets', 'must be at least 2');
      break;
    case 'poissonSampled':
      checkPositive('probability', event.probability);
      checkProbability('probability', event.probability);
      checkEvent(event.event, depth + 1);
      break;
    case 'treeAggregation':
      checkPositive('noiseMultiplier', event.noiseMultiplier);
      checkBound('steps', event.steps);
      break;
    case 'composed':
      if (!Array.isArray(event.parts)) throw new PrivacyParameterError('parts', 'is missing or is not a list');
      for (const part of event.parts) {
        checkBound('count', part?.count, MAX_COUNT);
        checkEvent(part.event, depth + 1);
      }
      break;
    default:
      throw new PrivacyParameterError('kind', 'is not a known kind of event');
  }
  return event;
}

function checkNonNegative(parameter: string, value: unknown): Rational {
  const parsed = parseRational(parameter, value);
  if (parsed.numerator < 0n) throw new PrivacyParameterError(parameter, 'must be at least 0');
  return parsed;
}

/** One event for several: `composeEvents(a, b)`, or `composeEvents({ event: a, count: 3 })`. */
export function composeEvents(...parts: readonly (DpEvent | EventCount)[]): DpEvent {
  const counted = parts.map((part) =>
    'event' in part && 'count' in part ? part : { event: part as DpEvent, count: 1 },
  );
  const [only] = counted;
  return counted.length === 1 && only?.count === 1 ? only.event : { kind: 'composed', parts: counted };
}

/** The simple events of a composition with how often each happens, equal events merged. */
export function flattenEvent(event: DpEvent): readonly { readonly event: SimpleEvent; readonly count: number }[] {
  const counts = new Map<string, { event: SimpleEvent; count: number }>();
  const visit = (part: DpEvent, count: number): void => {
    if (part.kind === 'composed') {
      for (const inner of part.parts) visit(inner.event, inner.count * count);
      return;
    }
    const key = JSON.stringify(part);
    const total = (counts.get(key)?.count ?? 0) + count;
    // Past this a double no longer counts by ones, and a price would be short of some.
    if (!(total <= MAX_COUNT)) throw new PrivacyParameterError('count', 'is too large');
    counts.set(key, { event: part, count: total });
  };
  visit(event, 1);
  return [...counts.values()];
}

/** How many nodes of the binary tree over `steps` values one value is added to. */
export function treeHeight(steps: number): number {
  let height = 0;
  while (2 ** height <= steps) height++;
  return height;
}
