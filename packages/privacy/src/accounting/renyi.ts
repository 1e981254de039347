import { PrivacyParameterError } from '../parameter-error.ts';
import { parseRational, rationalToDouble } from '../rational.ts';
import { type DpEvent, flattenEvent, type SimpleEvent, treeHeight } from './dp-event.ts';
import { poissonGaussianRenyi } from './poisson-gaussian.ts';
import { roundUp } from './rounding.ts';
import { addLogs, sumLogs } from './special-functions.ts';

/** The orders that reports are computed on: tenths to 10.9, whole numbers to 64, then doubling (as dp_accounting's). */
export const RENYI_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, index) => (11 + index) / 10),
  ...Array.from({ length: 54 }, (_, index) => 11 + index),
  128,
  256,
  512,
  1024,
];

/** Thrown for an event that an accountant has no proven bound for. */
export class UnsupportedEventError extends Error {
  readonly kind: string;

  constructor(kind: string, accountant: string) {
    super(`The ${accountant} accountant has no bound for events of kind ${kind}.`);
    this.name = 'UnsupportedEventError';
    this.kind = kind;
  }
}

/**
 * An upper bound, in nats, on the Renyi divergence of an event at an order above 1. Own deltas are not part of the curve;
 * `ownDelta` sums them.
 */
export function renyiDivergence(event: DpEvent, order: number): number {
  if (!(order > 1)) throw new PrivacyParameterError('order', 'must be above 1');
  let total = 0;
  for (const { event: simple, count } of flattenEvent(event)) total += count * simpleRenyi(simple, order);
  return roundUp(total);
}

function simpleRenyi(event: SimpleEvent, order: number): number {
  switch (event.kind) {
    case 'gaussian':
      return roundUp(order / (2 * exact(event.noiseMultiplier) ** 2));
    case 'discreteGaussian':
      // Canonne, Kamath, Steinke 2020, Theorem 14: the continuous curve, for integer shifts in any dimension.
      return roundUp((order * exact(event.sensitivitySquared)) / (2 * exact(event.variance)));
    case 'laplace':
      return laplaceRenyi(exact(event.sensitivity) / exact(event.scale), order);
    case 'discreteLaplace':
      return discreteLaplaceRenyi(event.sensitivity, exact(event.scale), order);
    case 'pure':
    case 'approximate':
      return pureRenyi(exact(event.epsilon), order);
    case 'boundedRange':
      return boundedRangeRenyi(exact(event.epsilon), order);
    case 'zeroConcentrated':
      return roundUp(order * exact(event.rho));
    case 'ownDelta':
      return 0;
    case 'randomizedResponse':
      return randomizedResponseRenyi(exact(event.noise), event.buckets, order);
    case 'treeAggregation':
      return roundUp((order * treeHeight(event.steps)) / (2 * exact(event.noiseMultiplier) ** 2));
    case 'poissonSampled':
      return sampledRenyi(event, order);
  }
}

function sampledRenyi(event: Extract<SimpleEvent, { kind: 'poissonSampled' }>, order: number): number {
  const probability = exact(event.probability);
  let total = 0;
  for (const { event: inner, count } of flattenEvent(event.event)) {
    if (inner.kind !== 'gaussian' || count !== 1 || total > 0)
      throw new UnsupportedEventError('poissonSampled', 'Renyi');
    total += poissonGaussianRenyi({ probability, noiseMultiplier: exact(inner.noiseMultiplier), order });
  }
  return total;
}

/** Whether `renyiDivergence` has a bound for the event. */
export function hasRenyiBound(event: DpEvent): boolean {
  try {
    renyiDivergence(event, 2);
    return true;
  } catch (error) {
    if (error instanceof UnsupportedEventError) return false;
    throw error;
  }
}

/** The failure probabilities that events carry beside their curves; they add up (union bound). */
export function ownDelta(event: DpEvent): number {
  let total = 0;
  for (const { event: simple, count } of flattenEvent(event)) {
    if (simple.kind === 'ownDelta' || simple.kind === 'approximate') total += count * exact(simple.delta);
  }
  return roundUp(total);
}

/** Mironov 2017, Table II. */
function laplaceRenyi(ratio: number, order: number): number {
  const first = Math.log(order / (2 * order - 1)) + (order - 1) * ratio;
  const second = Math.log((order - 1) / (2 * order - 1)) - order * ratio;
  return Math.min(roundUp(Math.max(0, addLogs(first, second)) / (order - 1)), ratio);
}

/**
 * The discrete Laplace of scale b shifted by s, summed in closed form: both tails keep a constant loss, and between the two
 * centres the loss falls by 2 / b a step. With r = exp(-1 / b), P(y) = (1 - r) / (1 + r) r^|y|.
 */
function discreteLaplaceRenyi(shift: number, scale: number, order: number): number {
  const decay = 1 / scale;
  const logNormal = Math.log(Math.tanh(decay / 2));
  const logTail = -Math.log(-Math.expm1(-decay)); // log of 1 / (1 - r)
  // y <= 0: loss +s / b. y >= s: loss -s / b, mass r^s / (1 - r).
  const left = logNormal + logTail + (order - 1) * shift * decay;
  const right = logNormal + logTail - decay * shift - (order - 1) * shift * decay;
  // 0 < y < s: loss (s - 2y) / b: a geometric sum of exp(-y / b + (order - 1) (s - 2y) / b).
  const step = decay * (2 * order - 1);
  let middle = -Infinity;
  if (shift > 1) {
    const terms = Math.log(-Math.expm1(-step * (shift - 1))) - Math.log(-Math.expm1(-step));
    middle = logNormal + (order - 1) * shift * decay - step + terms;
  }
  return Math.min(roundUp(Math.max(0, sumLogs([left, right, middle])) / (order - 1)), roundUp(shift * decay));
}

/** Binary randomised response dominates every epsilon-private mechanism (Kairouz, Oh, Viswanath 2015). */
function pureRenyi(epsilon: number, order: number): number {
  if (epsilon === 0) return 0;
  const logDenominator = addLogs(0, epsilon);
  const log = addLogs(order * epsilon, (1 - order) * epsilon) - logDenominator;
  return Math.min(roundUp(Math.max(0, log) / (order - 1)), epsilon);
}

/**
 * The worst pair with log-ratios in an interval of length epsilon puts its mass on the two ends e^t and e^(t - epsilon)
 * (Dong, Durfee, Rogers 2020); the divergence as a function of s = e^t has a single maximum, in closed form.
 */
function boundedRangeRenyi(epsilon: number, order: number): number {
  const a = -Math.expm1(-order * epsilon); // 1 - e^(-order epsilon)
  const b = Math.exp(-epsilon) * -Math.expm1((1 - order) * epsilon); // e^-epsilon - e^(-order epsilon)
  const logShift = Math.min(epsilon, Math.max(0, Math.log(((order - 1) * a) / (order * b))));
  const inner = a * Math.exp(-logShift) - b;
  const log = order * logShift + Math.log(inner) - Math.log(-Math.expm1(-epsilon));
  return Math.min(roundUp(Math.max(0, log) / (order - 1)), epsilon);
}

/** Two answers of one person: truth probability 1 - p + p / k against p / k, and k - 2 outcomes alike. */
function randomizedResponseRenyi(noise: number, buckets: number, order: number): number {
  const low = noise / buckets;
  const high = 1 - noise + low;
  const logs = [
    order * Math.log(high) + (1 - order) * Math.log(low),
    order * Math.log(low) + (1 - order) * Math.log(high),
    buckets > 2 ? Math.log((buckets - 2) * low) : -Infinity,
  ];
  return roundUp(Math.max(0, sumLogs(logs)) / (order - 1));
}

function exact(text: string): number {
  return rationalToDouble(parseRational('event', text));
}
