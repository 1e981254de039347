import {
  type CalibratedNoise,
  type ContributionLimits,
  calibrateNoise,
  type NoiseBudget,
  type RationalInput,
} from '@sotto/privacy';
import { CONFIDENCE, gaussianRho, type Terms } from './budget.ts';

/** Noise for whole sums, with what goes into the ledger about it. */
export interface SumNoise extends CalibratedNoise {
  /** The same again for the mechanisms of @sotto/privacy. */
  readonly budget: NoiseBudget;
  readonly limits: ContributionLimits;
  /** Half the width of a value's interval. */
  readonly halfWidth: number;
  readonly mechanism: string;
}

/**
 * The noise with the narrower interval at the same (epsilon, delta): discrete Laplace where an account is in few keys,
 * discrete Gaussian where it is in many (from about 8 on at epsilon 1 and delta 1e-6).
 * @param ownDelta what of delta is spent apart from the noise
 */
export function chooseSumNoise(terms: Terms, limits: ContributionLimits, ownDelta = 0): SumNoise {
  const laplace = laplaceNoise(terms.epsilon, limits);
  const gaussian = sumNoise({ noise: 'gaussian', rho: gaussianRho(terms, ownDelta) }, limits);
  return gaussian.halfWidth < laplace.halfWidth ? gaussian : laplace;
}

export function laplaceNoise(epsilon: RationalInput, limits: ContributionLimits): SumNoise {
  return sumNoise({ noise: 'laplace', epsilon }, limits);
}

export function sumNoise(budget: NoiseBudget, limits: ContributionLimits): SumNoise {
  const calibrated = calibrateNoise({ ...limits, ...budget });
  return {
    ...calibrated,
    budget,
    limits,
    halfWidth: halfWidthOf(calibrated.tail, 1 - CONFIDENCE),
    mechanism: budget.noise === 'laplace' ? 'discrete Laplace' : 'discrete Gaussian',
  };
}

/**
 * The smallest whole w with P(|noise| > w) at most `odds`: twice the tail from w + 1 on, as noise is symmetric.
 * @param tail P(noise >= margin) for margins from 1, decreasing
 */
export function halfWidthOf(tail: (margin: number) => number, odds: number): number {
  const isWide = (width: number) => 2 * tail(width + 1) <= odds;
  if (isWide(0)) return 0;
  let high = 1;
  while (!isWide(high)) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isWide(middle)) high = middle;
    else low = middle;
  }
  return high;
}
