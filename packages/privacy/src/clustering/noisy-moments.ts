import { composeEvents, type DpEvent } from '../accounting/dp-event.ts';
import { DiscreteGaussian } from '../mechanisms/discrete-gaussian.ts';
import { addNoiseTo } from '../mechanisms/noise.ts';
import {
  divideRationals,
  formatRational,
  multiplyRationals,
  type Rational,
  rational,
  rationalToDouble,
  roundUpToBits,
} from '../rational.ts';
import { GRID_RADIUS } from './feature-grid.ts';

/** Noisy count, sum and, when asked for, sum of squares of the points of one part. */
export interface Moments {
  readonly count: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/**
 * Moments of every part of a partition of the accounts, as one zero-concentrated release. An account is one point of one
 * part, so it changes one count by 1, one vector of sums by at most GRID_RADIUS sqrt(d) and one of squares by at most
 * GRID_RADIUS^2 sqrt(d) in L2. Discrete Gaussian noise on each; counts get a fifth of rho.
 */
export class MomentRelease {
  readonly event: DpEvent;
  readonly countDeviation: number;
  readonly #dimensions: number;
  readonly #count: DiscreteGaussian;
  readonly #sum: DiscreteGaussian;
  readonly #square: DiscreteGaussian | null;

  constructor(options: { dimensions: number; rho: Rational; hasSquares: boolean }) {
    const { dimensions, rho, hasSquares } = options;
    const d = BigInt(dimensions);
    const radius = BigInt(GRID_RADIUS);
    const shares: [sensitivitySquared: bigint, share: Rational][] = [
      [1n, rational(1n, 5n)],
      [radius ** 2n * d, hasSquares ? rational(2n, 5n) : rational(4n, 5n)],
    ];
    if (hasSquares) shares.push([radius ** 4n * d, rational(2n, 5n)]);
    const parts = shares.map(([sensitivitySquared, share]) => {
      const twice = multiplyRationals(multiplyRationals(rho, share), rational(2n, 1n));
      const variance = roundUpToBits(divideRationals(rational(sensitivitySquared, 1n), twice), 4);
      return { sensitivitySquared, variance };
    });
    this.#dimensions = dimensions;
    this.#count = new DiscreteGaussian({ variance: parts[0]!.variance });
    this.#sum = new DiscreteGaussian({ variance: parts[1]!.variance });
    this.#square = parts[2] === undefined ? null : new DiscreteGaussian({ variance: parts[2].variance });
    this.countDeviation = Math.sqrt(rationalToDouble(parts[0]!.variance));
    this.event = composeEvents(
      ...parts.map(
        ({ sensitivitySquared, variance }): DpEvent => ({
          kind: 'discreteGaussian',
          variance: formatRational(variance),
          sensitivitySquared: `${sensitivitySquared}`,
          dimensions: 'many',
        }),
      ),
    );
  }

  /** @param partOf the part of each point, below `parts`, from earlier releases and the point alone; -1 for none */
  measure(points: Int16Array, partOf: Int32Array, parts: number): Moments[] {
    const d = this.#dimensions;
    const moments = Array.from({ length: parts }, () => ({
      count: 0,
      sums: new Float64Array(d),
      squares: new Float64Array(d),
    }));
    for (let point = 0; point < partOf.length; point++) {
      const part = moments[partOf[point]!];
      if (part === undefined) continue;
      part.count++;
      for (let axis = 0; axis < d; axis++) {
        const value = points[point * d + axis]!;
        part.sums[axis]! += value;
        part.squares[axis]! += value * value; // exact: 2^20 times fewer than 2^33 points
      }
    }
    for (const part of moments) {
      part.count = addNoiseTo(this.#count, part.count);
      for (let axis = 0; axis < d; axis++) {
        part.sums[axis] = addNoiseTo(this.#sum, part.sums[axis]!);
        if (this.#square !== null) part.squares[axis] = addNoiseTo(this.#square, part.squares[axis]!);
      }
    }
    return moments;
  }
}
