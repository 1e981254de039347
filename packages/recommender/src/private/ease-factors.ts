import { FACTOR_MULTIPLE, type FactorWeights } from '../models/item-factors.ts';
import { invertPositiveDefinite } from './small-matrix.ts';

/** What EASE is solved from: the co-occurrence as a low rank and a diagonal. */
export interface FactoredCoOccurrence {
  readonly itemCount: number;
  /** Above zero. Shape [rank]. */
  readonly eigenvalues: Float64Array;
  /** Shape [itemCount x rank]. */
  readonly vectors: Float64Array;
  /** What an item has with itself beyond the low rank, the ridge included: above zero. Shape [itemCount]. */
  readonly diagonal: Float64Array;
}

/**
 * EASE (Steck, WWW 2019) of G = U L U' + D without an inverse of its size. With P = inverse(G), the weight from item i to
 * item j is -P_ij / P_jj, and by Woodbury's identity P = inverse(D) - inverse(D) U C U' inverse(D), C = inverse(inverse(L) +
 * U' inverse(D) U): off the diagonal -P_ij = source_i . target_j with source = inverse(D) U C and target = inverse(D) U, and
 * P_jj = 1 / D_jj - source_j . target_j.
 * @param scales each target's column is multiplied by its own, shape [itemCount]
 */
export function solveFactoredEase(g: FactoredCoOccurrence, scales: Float64Array): FactorWeights {
  const { itemCount, eigenvalues, vectors, diagonal } = g;
  const rank = eigenvalues.length;
  const system = new Float64Array(rank * rank);
  const scaled = new Float64Array(rank);
  for (let item = 0; item < itemCount; item++) {
    const start = item * rank;
    for (let k = 0; k < rank; k++) scaled[k] = vectors[start + k]! / diagonal[item]!;
    for (let i = 0; i < rank; i++) {
      const value = scaled[i]!;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) system[i * rank + j] = system[i * rank + j]! + value * vectors[start + j]!;
    }
  }
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < i; j++) system[j * rank + i] = system[i * rank + j]!;
    system[i * rank + i] = system[i * rank + i]! + 1 / eigenvalues[i]!;
  }
  const core = invertPositiveDefinite(system, rank);
  return fillFactors(g, core, scales);
}

function fillFactors(
  { itemCount, eigenvalues, vectors, diagonal }: FactoredCoOccurrence,
  core: Float64Array,
  scales: Float64Array,
): FactorWeights {
  const rank = eigenvalues.length;
  const padded = Math.max(FACTOR_MULTIPLE, Math.ceil(rank / FACTOR_MULTIPLE) * FACTOR_MULTIPLE);
  const sources = new Float32Array(itemCount * padded);
  const targets = new Float32Array(itemCount * padded);
  const source = new Float64Array(rank);
  for (let item = 0; item < itemCount; item++) {
    const start = item * rank;
    source.fill(0);
    for (let i = 0; i < rank; i++) {
      const value = vectors[start + i]! / diagonal[item]!;
      for (let j = 0; j < rank; j++) source[j] = source[j]! + value * core[i * rank + j]!;
    }
    let own = 1;
    for (let k = 0; k < rank; k++) own -= source[k]! * vectors[start + k]!;
    // D_jj P_jj, above zero as P is positive definite; rounding must not make it less.
    const factor = scales[item]! / Math.max(1e-6, own);
    for (let k = 0; k < rank; k++) {
      sources[item * padded + k] = source[k]!;
      targets[item * padded + k] = vectors[start + k]! * factor;
    }
  }
  return { itemCount, rank: padded, sources, targets };
}
