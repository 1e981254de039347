import {
  type CalibratedNoise,
  type ContributionLimits,
  calibrateNoise,
  type NoiseBudget,
  PrivacyParameterError,
  type Rational,
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

const MAX_VARIANCE = 2 ** 61;
/** Noise beyond it would leave a double's whole numbers. */
const MAX_HALF_WIDTH = 2 ** 48;

/**
 * The noise with the narrower interval at the same (epsilon, delta): discrete Laplace where an account is in few keys,
 * discrete Gaussian where it is in many (from about 8 on at epsilon 1 and delta 1e-6).
 * @param ownDelta what of delta is spent apart from the noise
 */
export function chooseSumNoise(terms: Terms, limits: ContributionLimits, ownDelta = 0): SumNoise {
  const laplace = laplaceNoise(terms.epsilon, limits);
  const gaussian = gaussianNoise(gaussianRho(terms, ownDelta), limits);
  return gaussian !== null && gaussian.halfWidth < laplace.halfWidth ? gaussian : laplace;
}

/** Null where no exact sampler reaches its variance: for bounds so wide and an epsilon so small no noise tells much. */
export function gaussianNoise(rho: Rational, limits: ContributionLimits): SumNoise | null {
  const variance = (limits.l0 * limits.lInf ** 2 * Number(rho.denominator)) / (2 * Number(rho.numerator));
  return variance > MAX_VARIANCE ? null : sumNoise({ noise: 'gaussian', rho }, limits);
}

export function laplaceNoise(epsilon: RationalInput, limits: ContributionLimits): SumNoise {
  return sumNoise({ noise: 'laplace', epsilon }, limits);
}

function sumNoise(budget: NoiseBudget, limits: ContributionLimits): SumNoise {
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
  while (!isWide(high)) {
    high *= 2;
    if (high > MAX_HALF_WIDTH) throw new PrivacyParameterError('epsilon', 'is too small for bounds as wide as these');
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isWide(middle)) high = middle;
    else low = middle;
  }
  return high;
}
