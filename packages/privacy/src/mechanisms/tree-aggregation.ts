import { type DpEvent, treeHeight } from '../accounting/dp-event.ts';
import { checkBound, checkInteger, checkIntegers, checkPositive } from '../checks.ts';
import { formatRational, multiplyRationals, type Rational, type RationalInput, roundUpToBits } from '../rational.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { addNoiseTo, addSafely } from './noise.ts';

/**
 * All prefix sums of a sequence by a binary tree (Dwork et al. 2010; Chan, Shi, Song 2011): the sums of its dyadic blocks are
 * noised once, and any range is the sum of at most two blocks a level. Discrete Gaussian noise on every block.
 */
export class NoisyPrefixTree {
  readonly event: DpEvent;
  /** levels[h][i] is the noisy sum of values [i 2^h, (i + 1) 2^h). */
  readonly #levels: Float64Array[];
  readonly #variance: number;
  readonly length: number;

  /**
   * @param options.values whole numbers, one a step; each account is in one step only
   * @param options.lInf the most that one account changes its step's value
   * @param options.rho zero-concentrated cost of the whole tree: an account is in `height` blocks, so the variance of each
   * is height lInf^2 / (2 rho)
   */
  constructor(options: { values: ArrayLike<number>; lInf: number; rho: RationalInput }) {
    const values = checkIntegers('values', options.values);
    const lInf = checkBound('lInf', options.lInf, 2 ** 30);
    const rho = checkPositive('rho', options.rho);
    this.length = checkBound('values', values.length, 2 ** 24);
    const height = treeHeight(this.length);
    const squared: Rational = { numerator: BigInt(height) * BigInt(lInf) ** 2n, denominator: 1n };
    const inverse: Rational = { numerator: rho.denominator, denominator: 2n * rho.numerator };
    const variance = roundUpToBits(multiplyRationals(squared, inverse), 20);
    const noise = new DiscreteGaussian({ variance });
    this.#variance = Number(variance.numerator) / Number(variance.denominator);
    this.event = {
      kind: 'discreteGaussian',
      variance: formatRational(variance),
      sensitivitySquared: formatRational(squared),
      dimensions: 'many',
    };
    // Only full blocks are kept: prefixes of a length below 2^height use no other, so an account is in `height` at most.
    let sums = Array.from({ length: this.length }, (_, step) => values[step]!);
    this.#levels = [];
    for (let level = 0; level < height; level++) {
      this.#levels.push(Float64Array.from(sums, (sum) => addNoiseTo(noise, sum)));
      sums = Array.from({ length: sums.length >> 1 }, (_, block) => addSafely(sums[2 * block]!, sums[2 * block + 1]!));
    }
  }

  /** The noisy sum of the first `count` values. */
  prefixSum(count: number): number {
    return this.#prefix(checkInteger('count', count, { minimum: 0, maximum: this.length })).sum;
  }

  /** The noise's standard deviation of `prefixSum(count)`: one block for each binary one of `count`. */
  deviationOf(count: number): number {
    const { blocks } = this.#prefix(checkInteger('count', count, { minimum: 0, maximum: this.length }));
    return Math.sqrt(blocks * this.#variance);
  }

  #prefix(count: number): { sum: number; blocks: number } {
    let sum = 0;
    let blocks = 0;
    let start = 0;
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      const size = 2 ** level;
      if (start + size > count) continue;
      sum += this.#levels[level]![start / size]!;
      start += size;
      blocks++;
    }
    return { sum, blocks };
  }
}
