import { PrivacyParameterError } from '../parameter-error.ts';
import { parseRational, type Rational, rationalToDouble } from '../rational.ts';
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
      return randomizedResponseRenyi(parseRational('noise', event.noise), event.buckets, order);
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

/**
 * What `settle` adds to a logarithm of E_Q[(P / Q)^order]: where it is close to 0 it is a difference of terms of order 1,
 * each good to some ten units of 2^-53, and no longer exact in relative terms.
 */
const LOG_SLACK = 2 ** -46;

/**
 * The divergence from the logarithm of E_Q[(P / Q)^order], at most that of a loss bounded by `epsilon` and at most order
 * times `rho`, which holds at every order and takes over where the logarithm is lost in its own rounding.
 */
function settle(log: number, order: number, caps: { epsilon: number; rho: number }): number {
  const divergence = roundUp((Math.max(0, log) + LOG_SLACK) / (order - 1));
  return Math.min(divergence, roundUp(caps.epsilon), roundUp(order * caps.rho));
}

/** A pure loss is at most epsilon^2 / 2-zero-concentrated (Bun and Steinke 2016, Proposition 1.4). */
function pureCaps(epsilon: number): { epsilon: number; rho: number } {
  return { epsilon, rho: (epsilon * epsilon) / 2 };
}

/** Mironov 2017, Table II. */
function laplaceRenyi(ratio: number, order: number): number {
  const first = Math.log(order / (2 * order - 1)) + (order - 1) * ratio;
  const second = Math.log((order - 1) / (2 * order - 1)) - order * ratio;
  return settle(addLogs(first, second), order, pureCaps(ratio));
}

/**
 * The discrete Laplace of scale b shifted by s, summed in closed form: both tails keep a constant loss, and between the two
 * centres the loss falls by 2 / b a step. With r = exp(-1 / b), P(y) = (1 - r) / (1 + r) r^|y|.
 */
function discreteLaplaceRenyi(shift: number, scale: number, order: number): number {
  const decay = 1 / scale;
  const logTail = -Math.log1p(Math.exp(-decay)); // log of 1 / (1 + r), the mass of y <= 0
  // y <= 0: loss +s / b. y >= s: loss -s / b, mass r^s / (1 + r).
  const left = logTail + (order - 1) * shift * decay;
  const right = logTail - order * shift * decay;
  // 0 < y < s: loss (s - 2y) / b: a geometric sum of exp(-y / b + (order - 1) (s - 2y) / b).
  const step = decay * (2 * order - 1);
  let middle = -Infinity;
  if (shift > 1) {
    const first = Math.log(Math.tanh(decay / 2) / Math.expm1(step));
    middle = first + (order - 1) * shift * decay + Math.log(-Math.expm1(-step * (shift - 1)));
  }
  return settle(sumLogs([left, right, middle]), order, pureCaps(shift * decay));
}

/** Binary randomised response dominates every epsilon-private mechanism (Kairouz, Oh, Viswanath 2015). */
function pureRenyi(epsilon: number, order: number): number {
  if (epsilon === 0) return 0;
  const logDenominator = addLogs(0, epsilon);
  return settle(addLogs(order * epsilon, (1 - order) * epsilon) - logDenominator, order, pureCaps(epsilon));
}

/**
 * The worst pair with log-ratios in an interval of length epsilon puts its mass on the two ends t and t - epsilon (Dong,
 * Durfee, Rogers 2020): Q has mass q = (e^-t - e^-epsilon) / (1 - e^-epsilon) at loss t, so that both total 1, and
 * E_Q[(P / Q)^order] = q e^(order t) + (1 - q) e^(order (t - epsilon)). As a function of t it has a single maximum, at
 * e^(t - epsilon) = (order - 1) (1 - e^(-order epsilon)) / (order (1 - e^((1 - order) epsilon))). What is written with e^-epsilon
 * alone is left in its logarithm, since it vanishes long before epsilon is refused. Never above epsilon^2 / 8 times the order
 * (Cesar, Rogers 2021).
 */
function boundedRangeRenyi(epsilon: number, order: number): number {
  const ratio = ((order - 1) * Math.expm1(-order * epsilon)) / (order * Math.expm1((1 - order) * epsilon));
  const below = Math.min(epsilon, Math.max(0, -Math.log(ratio))); // epsilon - t
  const t = epsilon - below;
  const upper = Math.log(Math.expm1(-below) / Math.expm1(-epsilon)) + (order - 1) * t;
  const lower = Math.log(Math.expm1(-t) / Math.expm1(-epsilon)) - order * below;
  return settle(addLogs(upper, lower), order, { epsilon, rho: (epsilon * epsilon) / 8 });
}

/**
 * Two answers of one person: truth probability 1 - p + p / k against p / k, and k - 2 outcomes alike. The loss is
 * log(1 + k (1 - p) / p), with 1 - p as an exact fraction, or its digits would be lost when p is close to 1.
 */
function randomizedResponseRenyi(noise: Rational, buckets: number, order: number): number {
  const truth = rationalToDouble({ ...noise, numerator: noise.denominator - noise.numerator });
  const low = rationalToDouble(noise) / buckets;
  const loss = Math.log1p(truth / low);
  const logs = [
    Math.log(low) + order * loss,
    Math.log(truth + low) - order * loss,
    buckets > 2 ? Math.log((buckets - 2) * low) : -Infinity,
  ];
  return settle(sumLogs(logs), order, pureCaps(loss));
}

function exact(text: string): number {
  return rationalToDouble(parseRational('event', text));
}
