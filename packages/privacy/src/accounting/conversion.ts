import { checkDelta, checkFinite } from '../checks.ts';
import { roundUp } from './rounding.ts';

/**
 * The epsilon of a Renyi bound at one order, for a delta above 0 (Canonne, Kamath, Steinke 2020, Proposition 12; Balle et
 * al. 2020, Theorem 21): r + log(1 - 1 / order) - log(delta order) / (order - 1), and never below 0.
 */
export function renyiToEpsilon(options: { divergence: number; order: number; delta: number }): number {
  const { divergence, order, delta } = options;
  if (divergence === 0) return 0;
  if (delta === 0) return Infinity;
  return Math.max(0, roundUp(divergence) + conversionCost(order, delta));
}

/** What the conversion adds to the divergence: the amount by which a filter's cap lies below its epsilon. Rounded up. */
export function conversionCost(order: number, delta: number): number {
  return roundUp(Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1));
}

/** The delta of a Renyi bound at one order, for an epsilon: exp((order - 1)(r - epsilon)) (1 - 1/order)^order / (order - 1). */
export function renyiToDelta(options: { divergence: number; order: number; epsilon: number }): number {
  const { divergence, order, epsilon } = options;
  if (divergence === 0) return 0;
  return logToDelta((order - 1) * (divergence - epsilon) + order * Math.log1p(-1 / order) - Math.log(order - 1));
}

/** The delta of rho-zCDP at an epsilon: the bound above, minimised over all orders. */
export function zeroConcentratedToDelta(options: { rho: number; epsilon: number }): number {
  const rho = checkFinite('rho', options.rho, { minimum: 0 });
  const epsilon = checkFinite('epsilon', options.epsilon, { minimum: 0 });
  if (rho === 0) return 0;
  // The logarithm's derivative in the order, (2 order - 1) rho - epsilon + log(1 - 1 / order), grows with the order.
  // Solved for x = order - 1, which keeps its digits when the order is close to 1.
  const slope = (x: number) => (2 * x + 1) * rho - epsilon - Math.log1p(1 / x);
  let low = -80;
  let high = Math.log((epsilon + 1) / rho + 2);
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  const x = Math.exp(high);
  return logToDelta(x * ((x + 1) * rho - epsilon) - (x + 1) * Math.log1p(1 / x) - Math.log(x));
}

/** The smallest epsilon that `zeroConcentratedToDelta` grants at a delta, rounded up. */
export function zeroConcentratedToEpsilon(options: { rho: number; delta: number }): number {
  const rho = checkFinite('rho', options.rho, { minimum: 0 });
  const delta = checkDelta('delta', options.delta);
  if (rho === 0) return 0;
  if (delta === 0) return Infinity;
  let low = 0;
  // The classical bound of Bun and Steinke (2016) is looser, so it brackets the answer.
  let high = rho + 2 * Math.sqrt(rho * -Math.log(delta)) + 1;
  if (zeroConcentratedToDelta({ rho, epsilon: 0 }) <= delta) return 0;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (zeroConcentratedToDelta({ rho, epsilon: middle }) > delta) low = middle;
    else high = middle;
  }
  return high;
}

function logToDelta(log: number): number {
  // A logarithm far from 0 turns its own rounding into a relative error of the result, hence the slack inside.
  // What is below the smallest double is that double, not 0: a mechanism with noise has some delta at every epsilon.
  return Math.min(1, Math.exp(log + Math.abs(log) * 2 ** -48) * (1 + 2 ** -40) + Number.MIN_VALUE);
}
