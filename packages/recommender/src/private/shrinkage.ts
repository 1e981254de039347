import { decomposeSymmetric } from '../kernels/eigen.ts';

/** What is left of a noisy block's spectrum. */
export interface ShrunkBlock {
  /** Singular values over the edge. */
  readonly rank: number;
  /** Those that noise alone has hardly ever. */
  readonly certainRank: number;
  /**
   * H, symmetric, such that H B (or B H, where B has more rows than columns) is the denoised block. Row-major, of the
   * smaller of the block's two sizes.
   */
  readonly filter: Float64Array;
}

/**
 * Optimal shrinkage of singular values (Gavish and Donoho, IEEE Transactions on Information Theory 2017, Frobenius norm):
 * noise of deviation s alone has none over s (sqrt(p) + sqrt(q)); what stands over it is drawn to
 * sqrt((y^2 - 1 - b)^2 - 4 b) / y in units of s sqrt(max(p, q)), b being the smaller size over the greater.
 * @param gram B B' or B' B, the smaller one, row-major, shape [smaller x smaller]
 * @param greater the block's greater size
 */
export function shrinkSpectrum(gram: Float64Array, smaller: number, greater: number, deviation: number): ShrunkBlock {
  const filter = new Float64Array(smaller * smaller);
  const { values, vectors } = decomposeSymmetric(gram, smaller);
  let rank = 0;
  let certainRank = 0;
  for (let k = smaller - 1; k >= 0; k--) {
    const value = Math.sqrt(Math.max(0, values[k]!));
    const share = keptShare(value, smaller, greater, deviation);
    if (share === 0) break;
    rank++;
    if (isCertain(value, smaller, greater, deviation)) certainRank++;
    for (let i = 0; i < smaller; i++) {
      const scaled = share * vectors[i * smaller + k]!;
      for (let j = 0; j < smaller; j++)
        filter[i * smaller + j] = filter[i * smaller + j]! + scaled * vectors[j * smaller + k]!;
    }
  }
  return { rank, certainRank, filter };
}

/** What a singular value is multiplied by: 0 below the edge of the noise, towards 1 far above it. */
export function keptShare(value: number, smaller: number, greater: number, deviation: number): number {
  if (value <= deviation * (Math.sqrt(smaller) + Math.sqrt(greater))) return 0;
  const y = value / (deviation * Math.sqrt(greater));
  const ratio = smaller / greater;
  return Math.sqrt(Math.max(0, (y * y - 1 - ratio) ** 2 - 4 * ratio)) / (y * y);
}

/** How far over the edge, in deviations of one entry, nothing is noise any more. */
const CERTAIN_DEVIATIONS = 4;

/**
 * Whether noise alone would show the singular value with probability below exp(-8) = 3e-4: its greatest passes
 * s (sqrt(p) + sqrt(q) + t) with probability at most exp(-t^2 / 2) (Davidson and Szarek 2001).
 */
export function isCertain(value: number, smaller: number, greater: number, deviation: number): boolean {
  return value > deviation * (Math.sqrt(smaller) + Math.sqrt(greater) + CERTAIN_DEVIATIONS);
}
