import { checkPositive } from '../checks.ts';
import { type RandomSource, randomSource } from '../random.ts';
import { integerSquareRoot, type Rational, type RationalInput } from '../rational.ts';
import { drawBernoulliExp, drawBernoulliExpBig, drawBernoulliExpHalf, drawBernoulliExpOne } from './bernoulli.ts';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MAX_FAST_STEPS = 126;

/**
 * The discrete Gaussian distribution on the integers: P(y) is proportional to exp(-y^2 / (2 variance)). Its noise has the
 * same zero-concentrated cost as a continuous Gaussian of that variance (Canonne, Kamath, Steinke 2020, Theorem 4).
 *
 * Sampled exactly, by rejection in whole numbers (README, "Discrete Gaussian"). With variance = n / d and t the smallest
 * integer at or above sqrt(n / d), a magnitude y = v t + u (0 <= u < t) splits its exponent into
 *   y^2 d / (2n) = v^2 / 2 + v^2 (t^2 d - n) / (2n) + v u t d / n + u^2 d / (2n),
 * every term non-negative: v is drawn from exp(-v^2 / 2) as in Karney (2016), u uniformly, and the other three factors are
 * Bernoulli(exp(-.)) coins of Canonne, Kamath and Steinke.
 */
export class DiscreteGaussian {
  readonly variance: Rational;
  readonly #step: bigint;
  readonly #fast: FastConstants | null;

  /** @throws PrivacyParameterError when the variance is missing, not exact or not positive */
  constructor(options: { variance: RationalInput }) {
    this.variance = checkPositive('variance', options.variance);
    const { numerator, denominator } = this.variance;
    const floor = integerSquareRoot(numerator / denominator);
    this.#step = floor * floor * denominator < numerator ? floor + 1n : floor;
    this.#fast = fastConstants(this.variance, this.#step);
  }

  /** One draw, as a number when it is a safe integer and as a bigint otherwise. */
  draw(): number | bigint {
    const random = randomSource();
    for (;;) {
      const magnitude =
        this.#fast === null ? this.#tryMagnitudeBig(random, drawSteps(random)) : this.#tryMagnitude(random, this.#fast);
      if (magnitude === null) continue;
      const isNegative = random.bit() === 1;
      // Zero is reached with either sign; one of the two is rejected, or it would come up twice as often.
      if (magnitude === 0) {
        if (isNegative) continue;
        return 0;
      }
      return isNegative ? -magnitude : magnitude;
    }
  }

  /** One attempt at |y|, null when rejected. Exact in doubles under `fastConstants`, whose guards it relies on. */
  #tryMagnitude(random: RandomSource, fast: FastConstants): number | bigint | null {
    const v = drawSteps(random);
    if (v > MAX_FAST_STEPS) return this.#tryMagnitudeBig(random, v);
    const u = fast.step === 1 ? 0 : random.below(fast.step);
    if (u !== 0) {
      if (!drawBernoulliExp(random, u * u * fast.denominator, fast.twiceNumerator)) return null;
      for (let i = 0; i < v; i++) {
        if (!drawBernoulliExp(random, u * fast.stepDenominator, fast.numerator)) return null;
      }
    }
    // One coin per unit of v^2 keeps the numerator as small as `excess` itself.
    if (fast.excess !== 0) {
      for (let i = v * v; i > 0; i--) if (!drawBernoulliExp(random, fast.excess, fast.twiceNumerator)) return null;
    }
    return v * fast.step + u;
  }

  #tryMagnitudeBig(random: RandomSource, steps: number): number | bigint | null {
    const { numerator, denominator } = this.variance;
    const v = BigInt(steps);
    const u = random.belowBig(this.#step);
    const excess = this.#step * this.#step * denominator - numerator;
    const exponent = v * v * excess + 2n * v * u * this.#step * denominator + u * u * denominator;
    if (!drawBernoulliExpBig(random, exponent, 2n * numerator)) return null;
    const magnitude = v * this.#step + u;
    return magnitude <= MAX_SAFE ? Number(magnitude) : magnitude;
  }
}

/** v >= 0 with probability proportional to exp(-v^2 / 2): geometric with ratio exp(-1/2), kept with exp(-v (v - 1) / 2). */
function drawSteps(random: RandomSource): number {
  for (;;) {
    let v = 0;
    while (drawBernoulliExpHalf(random)) v++;
    let isKept = true;
    for (let i = (v * (v - 1)) / 2; isKept && i > 0; i--) isKept = drawBernoulliExpOne(random);
    if (isKept) return v;
  }
}

interface FastConstants {
  readonly numerator: number;
  readonly twiceNumerator: number;
  readonly denominator: number;
  readonly step: number;
  readonly stepDenominator: number;
  readonly excess: number;
}

/**
 * The constants of the fast path, or null when a product in it could pass 2^53 - 1:
 * - denominators: n and 2n, so 2n is required to be safe;
 * - numerators: u^2 d <= t^2 d, u t d <= t^2 d and t^2 d - n <= t^2 d, so t^2 d is required to be safe (all intermediate
 *   products are divisors of it or below it);
 * - the result v t + u < (v + 1) t <= 127 t, so 127 t is required to be safe.
 */
function fastConstants({ numerator, denominator }: Rational, step: bigint): FastConstants | null {
  const square = step * step * denominator;
  if (2n * numerator > MAX_SAFE || square > MAX_SAFE || BigInt(MAX_FAST_STEPS + 1) * step > MAX_SAFE) return null;
  return {
    numerator: Number(numerator),
    twiceNumerator: Number(2n * numerator),
    denominator: Number(denominator),
    step: Number(step),
    stepDenominator: Number(step * denominator),
    excess: Number(square - numerator),
  };
}
