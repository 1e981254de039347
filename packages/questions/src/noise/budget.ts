import {
  parseRational,
  type Rational,
  rational,
  smallestGaussianSigma,
  zeroConcentratedToEpsilon,
} from '@sotto/privacy';

/** What one release may cost alone: an (epsilon, delta), of which `delta` also holds any delta of its own. */
export interface Terms {
  /** Exact decimals. */
  readonly epsilon: string;
  readonly delta: string;
  /** How many accounts the asker takes to be in the answer; for expected errors alone. */
  readonly assumedPopulation: number | null;
}

/** A noisy value's interval covers the clipped, consenting, included truth with this probability. */
export const CONFIDENCE = 0.95;

const RHO_BITS = 48n;

/**
 * The rho of discrete Gaussians that cost (epsilon, delta) together: 1 / (2 sigma^2) for the smallest sigma of the exact
 * continuous curve (Balle and Wang 2018), from which the discrete one's delta differs by less than 0.2 % wherever it is
 * the chosen noise (noise.test.ts works it out). The ledger charges the event itself, by its proven bound.
 */
export function gaussianRho({ epsilon, delta }: Pick<Terms, 'epsilon' | 'delta'>, ownDelta = 0): Rational {
  const sigma = smallestGaussianSigma({ sensitivity: 1, epsilon: Number(epsilon), delta: Number(delta) - ownDelta });
  return roundDown(1 / (2 * sigma * sigma));
}

/** The largest rho whose optimal conversion stays within (epsilon, delta): for mixtures of mechanisms. */
export function concentratedRho({ epsilon, delta }: Pick<Terms, 'epsilon' | 'delta'>): Rational {
  const limit = { epsilon: Number(epsilon), delta: Number(delta) };
  let low = 0;
  let high = limit.epsilon; // rho-zCDP never costs less than epsilon = rho
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (zeroConcentratedToEpsilon({ rho: middle, delta: limit.delta }) <= limit.epsilon) low = middle;
    else high = middle;
  }
  return roundDown(low);
}

/** An equal part of an exact number. */
export function partOf(parameter: string, whole: string | Rational, parts: number): Rational {
  const { numerator, denominator } = parseRational(parameter, whole);
  return rational(numerator, denominator * BigInt(parts));
}

/** The largest multiple of 2^-48 at or below a positive double: short exact numbers, on the side of less cost. */
export function roundDown(value: number): Rational {
  const unit = 1n << RHO_BITS;
  return rational(BigInt(Math.floor(value * Number(unit))), unit);
}
