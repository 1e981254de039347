import { checkDelta, checkFinite } from '../checks.ts';
import { normalCdf, normalQuantile, scaledComplementaryError } from './special-functions.ts';

/**
 * The exact delta of Gaussian noise at an epsilon (Balle and Wang 2018, Theorem 8):
 * Phi(s / 2sigma - epsilon sigma / s) - exp(epsilon) Phi(-s / 2sigma - epsilon sigma / s). Rounded up.
 *
 * @param options.sensitivity L2 sensitivity s of everything released under this noise together
 */
export function gaussianDelta(options: { sigma: number; sensitivity: number; epsilon: number }): number {
  const sigma = checkFinite('sigma', options.sigma, { above: 0 });
  const sensitivity = checkFinite('sensitivity', options.sensitivity, { above: 0 });
  const epsilon = checkFinite('epsilon', options.epsilon, { minimum: 0 });
  const mu = sensitivity / sigma;
  const near = epsilon / mu - mu / 2;
  const far = epsilon / mu + mu / 2;
  // far^2 - near^2 = 2 epsilon, so exp(epsilon) Phi(-far) carries the same factor exp(-near^2 / 2) as Phi(-near): taking it
  // out leaves a difference of scaled tails that does not overflow.
  const delta =
    near > 0
      ? (Math.exp((-near * near) / 2) / 2) *
        (scaledComplementaryError(near * Math.SQRT1_2) - scaledComplementaryError(far * Math.SQRT1_2))
      : normalCdf(-near) - (Math.exp((-near * near) / 2) / 2) * scaledComplementaryError(far * Math.SQRT1_2);
  // Each of the two is good to a few units of itself, which is more than a few of a small difference: up by what it may lack.
  const larger =
    near > 0 ? (Math.exp((-near * near) / 2) / 2) * scaledComplementaryError(near * Math.SQRT1_2) : normalCdf(-near);
  return Math.min(1, delta * (1 + 2 ** -40) + larger * 2 ** -48 + Number.MIN_VALUE);
}

/** The smallest sigma whose exact delta at `epsilon` is at most `delta`, rounded up. */
export function smallestGaussianSigma(options: { sensitivity: number; epsilon: number; delta: number }): number {
  const delta = checkDelta('delta', options.delta);
  checkFinite('delta', delta, { above: 0 });
  const { sensitivity, epsilon } = options;
  let low = 0;
  let high = checkFinite('sensitivity', sensitivity, { above: 0 });
  while (gaussianDelta({ sigma: high, sensitivity, epsilon }) > delta) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (middle === 0 || gaussianDelta({ sigma: middle, sensitivity, epsilon }) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The most that any attacker who mistakes non-members for members with `falsePositiveRate` can recognise of the members of
 * a Gaussian release: Phi(Phi^-1(rate) + s / sigma), the trade-off curve of Dong, Roth and Su (2022).
 */
export function gaussianTruePositiveRate(options: {
  sigma: number;
  sensitivity: number;
  falsePositiveRate: number;
}): number {
  const sigma = checkFinite('sigma', options.sigma, { above: 0 });
  const sensitivity = checkFinite('sensitivity', options.sensitivity, { above: 0 });
  const rate = checkFinite('falsePositiveRate', options.falsePositiveRate, { minimum: 0, maximum: 1 });
  return normalCdf(normalQuantile(rate) + sensitivity / sigma);
}
