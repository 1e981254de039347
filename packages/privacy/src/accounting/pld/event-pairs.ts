import { integerSquareRoot, parseRational, rationalToDouble } from '../../rational.ts';
import { flattenEvent, type SimpleEvent, treeHeight } from '../dp-event.ts';
import { UnsupportedEventError } from '../renyi.ts';
import { LossDistribution } from './loss-distribution.ts';
import { discretePair, gaussianPair, type LossPair, laplacePair, type Outcome } from './pairs.ts';

/** Enumerating a discrete Gaussian past this deviation would cost more than a report is worth. */
const MAX_DISCRETE_DEVIATION = 20_000;
const MAX_LAPLACE_SHIFT = 2 ** 20;
const NAME = 'loss-distribution';

/** The loss distributions of one event. Throws UnsupportedEventError for kinds without an exact dominating pair. */
export function pairOfEvent(event: SimpleEvent, interval: number): LossPair {
  if (event.kind === 'poissonSampled') {
    const inner = flattenEvent(event.event);
    const [only] = inner;
    if (only === undefined || inner.length > 1 || only.count > 1 || only.event.kind === 'poissonSampled') {
      throw new UnsupportedEventError(event.kind, NAME);
    }
    return noisePair(only.event, interval, exact(event.probability));
  }
  return noisePair(event, interval, 1);
}

/** Whether `pairOfEvent` would answer, without building anything large. */
export function hasLossPair(event: SimpleEvent): boolean {
  try {
    const isSampled = event.kind === 'poissonSampled';
    const inner = isSampled ? flattenEvent(event.event) : [{ event, count: 1 }];
    return (
      inner.length === 1 &&
      inner[0]!.count === 1 &&
      (NOISE_KINDS.has(inner[0]!.event.kind) || (!isSampled && OTHER_KINDS.has(inner[0]!.event.kind))) &&
      (inner[0]!.event.kind !== 'discreteGaussian' || discreteShift(inner[0]!.event) !== null) &&
      (inner[0]!.event.kind !== 'discreteLaplace' || inner[0]!.event.sensitivity <= MAX_LAPLACE_SHIFT)
    );
  } catch (error) {
    if (error instanceof UnsupportedEventError) return false;
    throw error;
  }
}

const NOISE_KINDS = new Set<SimpleEvent['kind']>([
  'gaussian',
  'laplace',
  'discreteLaplace',
  'discreteGaussian',
  'treeAggregation',
]);
const OTHER_KINDS = new Set<SimpleEvent['kind']>([
  'pure',
  'boundedRange',
  'approximate',
  'ownDelta',
  'randomizedResponse',
]);

function noisePair(event: SimpleEvent, interval: number, sampling: number): LossPair {
  switch (event.kind) {
    case 'gaussian':
      return gaussianPair({ interval, sigma: exact(event.noiseMultiplier), sampling });
    case 'treeAggregation': {
      // One account moves `height` nodes by 1 each: a Gaussian on a vector of length sqrt(height).
      if (sampling < 1) throw new UnsupportedEventError(event.kind, NAME);
      const sigma = exact(event.noiseMultiplier) / Math.sqrt(treeHeight(event.steps));
      return gaussianPair({ interval, sigma, sampling });
    }
    case 'laplace':
      return laplacePair({ interval, ratio: exact(event.sensitivity) / exact(event.scale), sampling });
    case 'discreteLaplace': {
      const outcomes = discreteLaplaceOutcomes(event.sensitivity, exact(event.scale));
      return discretePair({ interval, outcomes, sampling, missing: 0 });
    }
    case 'discreteGaussian': {
      const shift = discreteShift(event);
      if (shift === null) throw new UnsupportedEventError(event.kind, NAME);
      const outcomes = discreteGaussianOutcomes(shift, exact(event.variance));
      return discretePair({ interval, outcomes, sampling, missing: 1e-30 });
    }
    default:
      if (sampling < 1) throw new UnsupportedEventError(event.kind, NAME);
      return otherPair(event, interval);
  }
}

function otherPair(event: SimpleEvent, interval: number): LossPair {
  switch (event.kind) {
    case 'pure':
    case 'boundedRange':
      return responsePair(exact(event.epsilon), 0, interval);
    case 'approximate':
      return responsePair(exact(event.epsilon), exact(event.delta), interval);
    case 'ownDelta':
      return responsePair(0, exact(event.delta), interval);
    case 'randomizedResponse': {
      const noise = parseRational('noise', event.noise);
      const low = rationalToDouble(noise) / event.buckets;
      const truth = rationalToDouble({ ...noise, numerator: noise.denominator - noise.numerator });
      const [rare, common] = [Math.log(low), Math.log(truth + low)];
      const outcomes: Outcome[] = [
        { base: common, shifted: rare },
        { base: rare, shifted: common },
      ];
      if (event.buckets > 2) {
        const others = Math.log((event.buckets - 2) * low);
        outcomes.push({ base: others, shifted: others });
      }
      return discretePair({ interval, outcomes, sampling: 1, missing: 0 });
    }
    default:
      throw new UnsupportedEventError(event.kind, NAME);
  }
}

/** The pair that dominates every (epsilon, delta)-private mechanism (Kairouz, Oh, Viswanath 2015). */
function responsePair(epsilon: number, delta: number, interval: number): LossPair {
  const common = -Math.log1p(Math.exp(-epsilon));
  const outcomes = [
    { base: common - epsilon, shifted: common },
    { base: common, shifted: common - epsilon },
  ];
  const { remove } = discretePair({ interval, outcomes, sampling: 1, missing: 0 });
  const scaled = new LossDistribution({
    interval,
    start: remove.start,
    masses: remove.masses.map((mass) => mass * (1 - delta)),
    infinityMass: delta,
  });
  return { remove: scaled, add: scaled };
}

/** Both tails of a discrete Laplace keep one loss each, so they are one outcome each. */
function discreteLaplaceOutcomes(shift: number, scale: number): Outcome[] {
  if (shift > MAX_LAPLACE_SHIFT) throw new UnsupportedEventError('discreteLaplace', NAME);
  const logTotal = Math.log1p(Math.exp(-1 / scale));
  const logPoint = Math.log(Math.tanh(1 / (2 * scale)));
  const outcomes: Outcome[] = [
    { base: -logTotal, shifted: -logTotal - shift / scale },
    { base: -logTotal - shift / scale, shifted: -logTotal },
  ];
  for (let y = 1; y < shift; y++)
    outcomes.push({ base: logPoint - y / scale, shifted: logPoint - (shift - y) / scale });
  return outcomes;
}

function discreteGaussianOutcomes(shift: number, variance: number): Outcome[] {
  const reach = Math.ceil(13 * Math.sqrt(variance)) + shift;
  let total = 0; // from the tail inwards, so that small terms are not lost beside large ones
  for (let y = reach; y > 0; y--) total += 2 * Math.exp(-(y * y) / (2 * variance));
  const logTotal = Math.log1p(total);
  const outcomes: Outcome[] = [];
  for (let y = -reach; y <= reach + shift; y++) {
    outcomes.push({
      base: -(y * y) / (2 * variance) - logTotal,
      shifted: -((y - shift) ** 2) / (2 * variance) - logTotal,
    });
  }
  return outcomes;
}

/** The whole shift of a one-dimensional discrete Gaussian that can be enumerated, else null. */
function discreteShift(event: Extract<SimpleEvent, { kind: 'discreteGaussian' }>): number | null {
  if (event.dimensions !== 'one') return null;
  const squared = parseRational('sensitivitySquared', event.sensitivitySquared);
  const root = integerSquareRoot(squared.numerator);
  if (squared.denominator !== 1n || root * root !== squared.numerator) return null;
  const isSmall = root <= BigInt(MAX_DISCRETE_DEVIATION) && exact(event.variance) <= MAX_DISCRETE_DEVIATION ** 2;
  return isSmall ? Number(root) : null;
}

function exact(text: string): number {
  return rationalToDouble(parseRational('event', text));
}
