import {
  type DpEvent,
  flattenEvent,
  LossDistributionAccountant,
  PureAccountant,
  RenyiAccountant,
  ZeroConcentratedAccountant,
} from '@sotto/privacy';
import { gaussianEpsilon, latticeFactor } from './gaussian-estimator.ts';

/** Fine enough that discretisation adds less than a hundredth to the claims audited here. */
const LOSS_INTERVAL = 1e-3;

/** The delta of the cohorts' budgets, at which a ledger states epsilons. */
export const LEDGER_DELTA = 1e-6;

/** What an event promises, in the form in which an attack can hold it against what it saw. */
export type Claim =
  /**
   * Gaussian noise alone, told from a continuous Gaussian of the same epsilon by at most `latticeFactor`. An attack may compare
   * the whole trade-off curve, not only one delta.
   */
  | { readonly family: 'gaussian'; readonly latticeFactor: number; readonly epsilon: number; readonly delta: number }
  | { readonly family: 'any'; readonly epsilon: number; readonly delta: number };

/**
 * @param delta at which the claim is stated. Gaussian noise is compared by its whole trade-off curve, so a small delta costs no
 * power there; other events are compared at that delta only
 * @throws RangeError when the event promises nothing at that delta, which any attack would pass
 */
export function readClaim(event: DpEvent, delta: number): Claim {
  const parts = flattenEvent(event);
  if (parts.every(({ event: { kind } }) => kind === 'discreteGaussian' || kind === 'gaussian')) {
    // Adaptive composition of Gaussians is a Gaussian: squared mus, that is twice the rhos, add up (Dong, Roth, Su 2022).
    const mu = Math.sqrt(2 * toNumber(new ZeroConcentratedAccountant().compose(event).exactRho));
    const factors = parts.map(({ event: part }) =>
      part.kind === 'discreteGaussian' ? latticeFactor(toNumber(part.variance)) : 1,
    );
    const epsilon = gaussianEpsilon({ mu, delta });
    return { family: 'gaussian', latticeFactor: Math.max(...factors), epsilon, delta };
  }
  const accountants = [
    new PureAccountant(),
    new ZeroConcentratedAccountant(),
    new RenyiAccountant(),
    new LossDistributionAccountant({ interval: LOSS_INTERVAL }),
  ].filter((accountant) => accountant.supports(event));
  const epsilons = accountants.map((accountant) => accountant.compose(event).epsilonFor({ delta }));
  const epsilon = Math.min(...epsilons);
  if (epsilon === Infinity) throw new RangeError(`${JSON.stringify(event)} promises nothing at delta ${delta}.`);
  return { family: 'any', epsilon, delta };
}

/** Of an exact fraction or decimal; compositions have more digits than a parameter may have. */
function toNumber(exact: string): number {
  const [numerator = '0', denominator] = exact.split('/');
  if (denominator === undefined) return Number(exact);
  // Both as 53 bits and a power of two: the digits alone may be more than a double holds.
  const [top, bottom] = [numerator, denominator].map((digits) => {
    const value = BigInt(digits);
    const excess = Math.max(0, value.toString(2).length - 53);
    return { value: Number(value >> BigInt(excess)), excess };
  });
  return (top!.value / bottom!.value) * 2 ** (top!.excess - bottom!.excess);
}
