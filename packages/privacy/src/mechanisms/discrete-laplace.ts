import { checkPositive } from '../checks.ts';
import { type RandomSource, randomSource } from '../random.ts';
import type { Rational, RationalInput } from '../rational.ts';
import { drawBernoulliExp, drawBernoulliExpBig, drawBernoulliExpOne } from './bernoulli.ts';

/** Above this numerator of the scale the draw is done in BigInt; see `drawMagnitude` for why it is safe below. */
const MAX_FAST_NUMERATOR = 2 ** 46;
const MAX_FAST_DENOMINATOR = 2 ** 53;
const MAX_FAST_STEPS = 126;

/**
 * The discrete Laplace distribution on the integers: P(y) is proportional to exp(-|y| / scale).
 * Sampled exactly (Canonne, Kamath, Steinke 2020, Algorithm 2): no float takes part.
 */
export class DiscreteLaplace {
  readonly scale: Rational;
  readonly #numerator: number;
  readonly #denominator: number;
  readonly #isFast: boolean;

  /** @throws PrivacyParameterError when the scale is missing, not exact or not positive */
  constructor(options: { scale: RationalInput }) {
    this.scale = checkPositive('scale', options.scale);
    const { numerator, denominator } = this.scale;
    this.#isFast = numerator <= BigInt(MAX_FAST_NUMERATOR) && denominator <= BigInt(MAX_FAST_DENOMINATOR);
    this.#numerator = this.#isFast ? Number(numerator) : 0;
    this.#denominator = this.#isFast ? Number(denominator) : 0;
  }

  /** One draw, as a number when it is a safe integer and as a bigint otherwise. */
  draw(): number | bigint {
    const random = randomSource();
    for (;;) {
      const isNegative = random.bit() === 1;
      const magnitude = this.#isFast ? this.#drawMagnitude(random) : shorten(this.#drawMagnitudeBig(random));
      // Zero is reached with either sign; one of the two is rejected, or it would come up twice as often.
      if (magnitude === 0) {
        if (isNegative) continue;
        return 0;
      }
      return isNegative ? -magnitude : magnitude;
    }
  }

  /**
   * floor((u + numerator v) / denominator) with u uniform below numerator and accepted with exp(-u / numerator), and v
   * geometric with ratio exp(-1): exact in doubles, because numerator <= 2^46 and v <= 126 give
   * u + numerator v < 2^46 * 127 < 2^53, and the floor of a quotient of whole numbers below 2^53 is corrected by one
   * remainder. A larger v (probability exp(-127)) continues in BigInt with the same u and v.
   */
  #drawMagnitude(random: RandomSource): number | bigint {
    let u = 0;
    do u = random.below(this.#numerator);
    while (!drawBernoulliExp(random, u, this.#numerator));
    let v = 0;
    while (drawBernoulliExpOne(random)) v++;
    if (v > MAX_FAST_STEPS) {
      return shorten((BigInt(u) + this.scale.numerator * BigInt(v)) / this.scale.denominator);
    }
    const sum = u + this.#numerator * v;
    return this.#denominator === 1 ? sum : (sum - (sum % this.#denominator)) / this.#denominator;
  }

  #drawMagnitudeBig(random: RandomSource): bigint {
    const { numerator, denominator } = this.scale;
    let u = 0n;
    do u = random.belowBig(numerator);
    while (!drawBernoulliExpBig(random, u, numerator));
    let v = 0n;
    while (drawBernoulliExpOne(random)) v++;
    return (u + numerator * v) / denominator;
  }
}

function shorten(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
