import { checkInteger, PrivacyParameterError } from '../checks.ts';
import type { DiscreteGaussian } from './discrete-gaussian.ts';
import type { DiscreteLaplace } from './discrete-laplace.ts';

/** Integer noise of a fixed distribution; one draw at a time, safe integers as numbers and the rest as bigints. */
export type NoiseDistribution = DiscreteGaussian | DiscreteLaplace;

export type IntegerArray = Int32Array | Float64Array | BigInt64Array;

const MAX_INT_64 = (1n << 63n) - 1n;

/**
 * Fills an array with independent noise.
 *
 * @throws RangeError when a draw does not fit the array's elements, which depends on the noise alone and never on data; for
 * Int32Array keep the deviation below 2^24, so that it never happens (probability below exp(-8000))
 */
export function fillNoise<T extends IntegerArray>(distribution: NoiseDistribution, target: T): T {
  if (target instanceof BigInt64Array) {
    for (let i = 0; i < target.length; i++) {
      const draw = BigInt(distribution.draw());
      if (draw > MAX_INT_64 || draw < -MAX_INT_64) throw new RangeError('A draw does not fit 64 bits.');
      target[i] = draw;
    }
    return target;
  }
  const limit = target instanceof Int32Array ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < target.length; i++) {
    const draw = distribution.draw();
    if (typeof draw === 'bigint' || draw > limit || draw < -limit)
      throw new RangeError('A draw does not fit the array.');
    target[i] = draw;
  }
  return target;
}

/**
 * Adds independent noise to whole numbers in place. A sum outside the array's range is clamped to it, which is
 * post-processing of the exact sum (refusing would tell that the value was large).
 */
export function addNoise<T extends IntegerArray>(distribution: NoiseDistribution, values: T): T {
  if (values instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) {
      const sum = values[i]! + BigInt(distribution.draw());
      values[i] = sum > MAX_INT_64 ? MAX_INT_64 : sum < -MAX_INT_64 ? -MAX_INT_64 : sum;
    }
    return values;
  }
  const limit = values instanceof Int32Array ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < values.length; i++) {
    // Checked for each element: a fraction would put the sum off the grid and its low digits would tell the value.
    if (!Number.isSafeInteger(values[i])) throw new PrivacyParameterError('values', 'must be whole numbers');
    values[i] = addToInteger(values[i]!, distribution.draw(), limit);
  }
  return values;
}

/** One whole number plus noise, clamped to the safe integers. */
export function addNoiseTo(distribution: NoiseDistribution, value: number): number {
  return addToInteger(checkInteger('value', value), distribution.draw(), Number.MAX_SAFE_INTEGER);
}

/**
 * One whole number plus noise, not clamped: for comparisons. Their proofs shift a noise by a whole number, which a clamp
 * at one side only would undo. `<` and `>=` between numbers and bigints are exact.
 */
export function drawNoisy(distribution: NoiseDistribution, value: number): number | bigint {
  const whole = checkInteger('value', value);
  const draw = distribution.draw();
  const sum = typeof draw === 'bigint' ? BigInt(whole) + draw : whole + draw;
  return typeof sum === 'bigint' || Number.isSafeInteger(sum) ? sum : BigInt(whole) + BigInt(draw);
}

/** The sum of two safe integers, clamped to the safe integers: moves by at most what either moves by. */
export function addSafely(left: number, right: number): number {
  return addToInteger(left, right, Number.MAX_SAFE_INTEGER);
}

function addToInteger(value: number, draw: number | bigint, limit: number): number {
  // Two safe integers differ from their exact sum by at most a rounding past 2^53, where the clamp has taken over.
  const sum = typeof draw === 'bigint' ? Number(BigInt(value) + draw) : value + draw;
  return Math.max(-limit, Math.min(limit, sum));
}
