import type { DpEvent } from '../accounting/dp-event.ts';
import { checkBound, checkEpsilon, checkInteger } from '../checks.ts';
import { formatRational, multiplyRationals, type Rational, type RationalInput, roundUpToBits } from '../rational.ts';
import { DiscreteLaplace } from './discrete-laplace.ts';
import { drawNoisy } from './noise.ts';

const SCALE_BITS = 20;

/** Thrown when a sparse vector is asked after its last allowed positive answer. */
export class ThresholdExhaustedError extends Error {
  constructor() {
    super('All positive answers that were paid for have been given.');
    this.name = 'ThresholdExhaustedError';
  }
}

/**
 * Sparse vector (Dwork et al. 2009, in the form of Lyu, Su and Li 2017, Algorithm 1): tells of any number of counts, asked one
 * after the other, whether each is above a threshold, and pays only for the `maxPositives` that are. One half of epsilon
 * noises the threshold, once; the other half noises each count. Discrete Laplace on whole numbers.
 */
export class AboveThreshold {
  readonly event: DpEvent;
  readonly #noisyThreshold: number | bigint;
  readonly #noise: DiscreteLaplace;
  #positivesLeft: number;

  /**
   * @param options.sensitivity the most that one account changes any one count
   * @param options.isMonotone set when one account more moves all counts in the same direction: halves the counts' noise
   */
  constructor(options: {
    threshold: number;
    sensitivity: number;
    epsilon: RationalInput;
    maxPositives: number;
    isMonotone?: boolean;
  }) {
    const threshold = checkInteger('threshold', options.threshold);
    const sensitivity = checkBound('sensitivity', options.sensitivity, 2 ** 30);
    const epsilon = checkEpsilon('epsilon', options.epsilon);
    this.#positivesLeft = checkBound('maxPositives', options.maxPositives, 2 ** 20);
    const scaleOf = (factor: bigint): Rational =>
      roundUpToBits(
        multiplyRationals(
          { numerator: epsilon.denominator, denominator: epsilon.numerator },
          { numerator: factor * BigInt(sensitivity), denominator: 1n },
        ),
        SCALE_BITS,
      );
    // Threshold: sensitivity / (epsilon / 2). Counts: 2 c sensitivity / (epsilon / 2), or c sensitivity / (epsilon / 2).
    this.#noisyThreshold = drawNoisy(new DiscreteLaplace({ scale: scaleOf(2n) }), threshold);
    const perPositive = BigInt(this.#positivesLeft) * (options.isMonotone === true ? 2n : 4n);
    this.#noise = new DiscreteLaplace({ scale: scaleOf(perPositive) });
    this.event = { kind: 'pure', epsilon: formatRational(epsilon) };
  }

  get isExhausted(): boolean {
    return this.#positivesLeft === 0;
  }

  /** Whether the count is above the threshold, noisily. Throws ThresholdExhaustedError once all positives are given. */
  isAbove(count: number): boolean {
    if (this.isExhausted) throw new ThresholdExhaustedError();
    const isAbove = drawNoisy(this.#noise, count) >= this.#noisyThreshold;
    if (isAbove) this.#positivesLeft--;
    return isAbove;
  }
}
