import type { DpEvent } from '../accounting/dp-event.ts';
import { checkInteger, checkOpenProbability, PrivacyParameterError } from '../checks.ts';
import { randomSource } from '../random.ts';
import { formatRational, type Rational, type RationalInput, rational, rationalToDouble } from '../rational.ts';

/**
 * Randomised response (Warner 1965; k-ary: Kairouz, Bonawitz, Ramage 2016), for use where the answer is given: with
 * probability `noise` a uniform answer among `buckets`, else the truth. Exact, since the probability is a fraction.
 */
export function respondRandomly(options: { answer: number; buckets: number; noise: RationalInput }): {
  readonly answer: number;
  readonly event: DpEvent;
} {
  const buckets = checkBuckets(options.buckets);
  const answer = checkInteger('answer', options.answer, { minimum: 0, maximum: buckets - 1 });
  const noise = checkOpenProbability('noise', options.noise);
  const random = randomSource();
  const isNoise = random.belowBig(noise.denominator) < noise.numerator;
  const event: DpEvent = { kind: 'randomizedResponse', noise: formatRational(noise), buckets };
  return { answer: isNoise ? random.below(buckets) : answer, event };
}

/** The smallest noise, in thousandths rounded up, that keeps two answers within exp(epsilon): k / (k - 1 + e^epsilon). */
export function responseNoiseFor(options: { epsilon: number; buckets: number }): Rational {
  const buckets = checkBuckets(options.buckets);
  if (!(options.epsilon > 0 && options.epsilon <= 1000)) {
    throw new PrivacyParameterError('epsilon', 'must be above 0 and at most 1000');
  }
  const noise = buckets / (buckets + Math.expm1(options.epsilon));
  const thousandths = Math.ceil(noise * 1000 * (1 + 2 ** -40));
  if (thousandths >= 1000) throw new PrivacyParameterError('epsilon', 'is too small to be told from pure noise');
  return rational(BigInt(thousandths), 1000n);
}

/** Unbiased counts of the true answers, from the counts of given ones: (count - n noise / k) / (1 - noise). */
export function estimateResponseCounts(options: { counts: readonly number[]; noise: RationalInput }): number[] {
  const noise = rationalToDouble(checkOpenProbability('noise', options.noise));
  const total = options.counts.reduce((sum, count) => sum + count, 0);
  return options.counts.map((count) => (count - (total * noise) / options.counts.length) / (1 - noise));
}

function checkBuckets(buckets: unknown): number {
  return checkInteger('buckets', buckets, { minimum: 2, maximum: 2 ** 31 });
}
