import { checkBound, checkFinite, PrivacyParameterError } from '../checks.ts';
import { roundUp } from './rounding.ts';
import { normalQuantile, scaledComplementaryError } from './special-functions.ts';

/**
 * The threshold on a noisy count past which a key may be shown, for continuous Laplace noise of scale l0 lInf / epsilon: a
 * key that only one account has passes with at most the share 1 - (1 - delta)^(1 / l0) of delta, so that all l0 keys of one
 * account pass with at most delta (Korolova et al. 2009; Wilson et al. 2020).
 */
export function laplacePartitionThreshold(options: {
  l0: number;
  lInf: number;
  epsilon: number;
  delta: number;
}): number {
  const share = keyDelta(options);
  const lInf = checkFinite('lInf', options.lInf, { above: 0 });
  const scale = (options.l0 * lInf) / checkFinite('epsilon', options.epsilon, { above: 0 });
  const distance = share <= 0.5 ? -Math.log(2 * share) : Math.log(2 * (1 - share));
  return roundUp(lInf + scale * distance);
}

/** As above for continuous Gaussian noise of standard deviation sigma. */
export function gaussianPartitionThreshold(options: {
  l0: number;
  lInf: number;
  sigma: number;
  delta: number;
}): number {
  const share = keyDelta(options);
  const sigma = checkFinite('sigma', options.sigma, { above: 0 });
  return roundUp(checkFinite('lInf', options.lInf, { above: 0 }) - sigma * normalQuantile(share));
}

/**
 * The smallest whole margin m such that integer noise reaches m with probability at most delta / l0: an integer count is
 * shown when it is at least lInf + m. A union bound over the keys of one account.
 *
 * @param options.tail P(noise >= m), decreasing, rounded up
 */
export function smallestMargin(options: { l0: number; delta: number; tail: (margin: number) => number }): number {
  const share = checkFinite('delta', options.delta, { above: 0, maximum: 1 }) / checkBound('l0', options.l0);
  let high = 1;
  while (options.tail(high) > share) {
    high *= 2;
    if (high > 2 ** 50) throw new PrivacyParameterError('delta', 'is too small for this noise');
  }
  let low = 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (options.tail(middle) > share) low = middle;
    else high = middle;
  }
  return high;
}

/** P(noise >= margin) of a discrete Laplace, margin >= 1. Rounded up. */
export function discreteLaplaceTail(options: { scale: number; margin: number }): number {
  const { scale, margin } = options;
  return roundUp(Math.exp(-margin / scale) / (1 + Math.exp(-1 / scale)));
}

/**
 * P(noise >= margin) of a discrete Gaussian, margin >= 1: at most the continuous tail from margin - 1, since its point
 * probabilities at y are at most the density integrated over [y - 1, y] (the density falls there, and the discrete
 * normaliser is at least sqrt(2 pi variance): Canonne, Kamath, Steinke 2020, Fact 18). Rounded up.
 */
export function discreteGaussianTail(options: { variance: number; margin: number }): number {
  const sigma = Math.sqrt(options.variance);
  return Math.min(1, Math.exp(logNormalTail((options.margin - 1) / sigma)) * (1 + 2 ** -30));
}

function logNormalTail(x: number): number {
  return x <= 0 ? 0 : Math.log(scaledTail(x)) - (x * x) / 2;
}

function keyDelta({ l0, delta }: { l0: number; delta: number }): number {
  const whole = checkFinite('delta', delta, { above: 0 });
  if (whole >= 1) throw new PrivacyParameterError('delta', 'must be below 1');
  return -Math.expm1(Math.log1p(-whole) / checkBound('l0', l0));
}

function scaledTail(x: number): number {
  return scaledComplementaryError(x * Math.SQRT1_2) / 2;
}
