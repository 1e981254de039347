import { composeEvents, type DpEvent } from '../accounting/dp-event.ts';
import { discreteGaussianTail, discreteLaplaceTail, smallestMargin } from '../accounting/partition-threshold.ts';
import { roundDown } from '../accounting/rounding.ts';
import { checkBound, checkEpsilon, checkOpenProbability, checkPositive, PrivacyParameterError } from '../checks.ts';
import {
  divideRationals,
  formatRational,
  multiplyRationals,
  type Rational,
  type RationalInput,
  rationalToDouble,
  roundUpToBits,
} from '../rational.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { DiscreteLaplace } from './discrete-laplace.ts';
import { addNoiseTo, type NoiseDistribution } from './noise.ts';

/** How sums over keys are noised: pure with discrete Laplace by epsilon, or zero-concentrated with discrete Gaussian by rho. */
export type NoiseBudget =
  | { readonly noise: 'laplace'; readonly epsilon: RationalInput }
  | { readonly noise: 'gaussian'; readonly rho: RationalInput };

/** At most `l0` keys an account, at most `lInf` in absolute value a key. */
export interface ContributionLimits {
  readonly l0: number;
  readonly lInf: number;
}

/** Noise for integer sums under contribution limits, and what one release of all keys costs. */
export interface CalibratedNoise {
  readonly distribution: NoiseDistribution;
  readonly event: DpEvent;
  /** Standard deviation of the noise of one key, for intervals and prices. */
  readonly deviation: number;
  /** P(noise >= margin) for a whole margin from 1, rounded up. */
  readonly tail: (margin: number) => number;
}

// Scales are rounded up to this many binary places: more noise by a part in a million, and short integers to draw with.
const SCALE_BITS = 20;

/**
 * Calibrates integer noise to contribution limits. Laplace: scale l0 lInf / epsilon, the L1 sensitivity over epsilon.
 * Gaussian: variance l0 lInf^2 / (2 rho), the squared L2 sensitivity over 2 rho. Both are rounded up.
 */
export function calibrateNoise(options: ContributionLimits & NoiseBudget): CalibratedNoise {
  const l0 = checkBound('l0', options.l0, 2 ** 20);
  const lInf = checkBound('lInf', options.lInf, 2 ** 30);
  if (options.noise === 'laplace') {
    const epsilon = checkEpsilon('epsilon', options.epsilon);
    const sensitivity: Rational = { numerator: BigInt(l0) * BigInt(lInf), denominator: 1n };
    const scale = roundUpToBits(divideRationals(sensitivity, epsilon), SCALE_BITS);
    const single: DpEvent = { kind: 'discreteLaplace', scale: formatRational(scale), sensitivity: lInf };
    const approximate = rationalToDouble(scale);
    return {
      distribution: new DiscreteLaplace({ scale }),
      event: composeEvents({ event: single, count: l0 }),
      deviation: discreteLaplaceDeviation(approximate),
      tail: (margin) => discreteLaplaceTail({ scale: approximate, margin }),
    };
  }
  if (options.noise !== 'gaussian') throw new PrivacyParameterError('noise', 'must be "laplace" or "gaussian"');
  const rho = checkPositive('rho', options.rho);
  const squared: Rational = { numerator: BigInt(l0) * BigInt(lInf) ** 2n, denominator: 1n };
  const twiceRho = multiplyRationals(rho, { numerator: 2n, denominator: 1n });
  const variance = roundUpToBits(divideRationals(squared, twiceRho), SCALE_BITS);
  const approximate = rationalToDouble(variance);
  return {
    distribution: new DiscreteGaussian({ variance }),
    event: {
      kind: 'discreteGaussian',
      variance: formatRational(variance),
      sensitivitySquared: formatRational(squared),
      dimensions: l0 === 1 ? 'one' : 'many',
    },
    deviation: Math.sqrt(approximate),
    tail: (margin) => discreteGaussianTail({ variance: approximate, margin }),
  };
}

export interface NoisyCount<K> {
  readonly key: K;
  readonly value: number;
}

/**
 * A histogram over public keys: every key is released, those without contributions as noise around zero.
 *
 * @param options.sums bounded sums by key, from `boundContributions` with the same limits; other keys are ignored
 * @param options.publicKeys known without looking at customers: the catalogue, ISO countries
 */
export function releaseHistogram<K>(
  options: ContributionLimits & NoiseBudget & { sums: ReadonlyMap<K, number>; publicKeys: readonly K[] },
): { readonly counts: readonly NoisyCount<K>[]; readonly deviation: number; readonly event: DpEvent } {
  const { distribution, event, deviation } = calibrateNoise(options);
  if (new Set(options.publicKeys).size !== options.publicKeys.length) {
    throw new PrivacyParameterError('publicKeys', 'must not repeat a key');
  }
  const counts = options.publicKeys.map((key) => ({
    key,
    value: addNoiseTo(distribution, options.sums.get(key) ?? 0),
  }));
  return { counts, deviation, event };
}

/**
 * Partition selection: keys that come from customers' rows, released only past a noisy threshold. A key that one account
 * alone has holds at most lInf, and passes lInf + margin with probability at most delta / l0 (README, "Thresholded keys").
 *
 * @param options.sums non-negative bounded sums by key; keys are released in ascending order, not in that of the rows
 * @param options.delta probability that any key of a single account shows; a spending of its own beside the noise
 */
export function releaseThresholdedKeys(
  options: ContributionLimits & NoiseBudget & { sums: ReadonlyMap<string, number>; delta: RationalInput },
): {
  readonly counts: readonly NoisyCount<string>[];
  readonly threshold: number;
  readonly deviation: number;
  readonly event: DpEvent;
} {
  const noise = calibrateNoise(options);
  const delta = checkOpenProbability('delta', options.delta);
  const threshold =
    options.lInf + smallestMargin({ l0: options.l0, delta: roundDown(rationalToDouble(delta)), tail: noise.tail });
  const counts: NoisyCount<string>[] = [];
  for (const [key, sum] of options.sums) {
    const value = addNoiseTo(noise.distribution, sum);
    if (value >= threshold) counts.push({ key, value });
  }
  counts.sort((a, b) => (a.key < b.key ? -1 : 1));
  const event = composeEvents(noise.event, { kind: 'ownDelta', delta: formatRational(delta) });
  return { counts, threshold, deviation: noise.deviation, event };
}

/** sqrt(2 r) / (1 - r) with r = exp(-1 / scale). */
function discreteLaplaceDeviation(scale: number): number {
  return Math.sqrt(2 * Math.exp(-1 / scale)) / -Math.expm1(-1 / scale);
}
