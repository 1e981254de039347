import { PrivacyParameterError, parseRational, smallestGaussianSigma } from '@sotto/privacy';

/** Epsilons that a release may have alone. Beyond, the noise protects nobody, or nothing is left to see. */
const EPSILONS = { least: 0.001, most: 1_000 };
const DELTAS = { least: 1e-15, most: 0.1 };

/**
 * Standard deviation of Gaussian noise against the sensitivity, by the exact curve of one Gaussian: 4.22 for (1, 1e-6).
 * @param target exact decimals
 * @throws PrivacyParameterError naming what is missing, inexact or out of range
 */
export function noiseScaleFor(target: { readonly epsilon: string; readonly delta: string }): number {
  const epsilon = toLowerDouble('epsilon', target.epsilon, EPSILONS);
  const delta = toLowerDouble('delta', target.delta, DELTAS);
  return smallestGaussianSigma({ sensitivity: 1, epsilon, delta });
}

function toLowerDouble(parameter: string, text: unknown, { least, most }: { least: number; most: number }): number {
  if (typeof text !== 'string') throw new PrivacyParameterError(parameter, 'is missing or is not a decimal text');
  const { numerator, denominator } = parseRational(parameter, text);
  const value = Number(numerator) / Number(denominator);
  if (!(value >= least && value <= most))
    throw new PrivacyParameterError(parameter, `must be from ${least} to ${most}`);
  // Three roundings keep a double within 2^-51 of the text; the noise is for a little less, never for more.
  return value * (1 - 2 ** -50);
}
