import { decomposeSymmetric } from '../kernels/eigen.ts';

/** Below this share of the longest axis an axis is rounding. */
const NEGLIGIBLE = 1e-6;

/** A tall matrix by its left singular vectors. */
export interface PrincipalAxes {
  readonly rowCount: number;
  readonly rank: number;
  /** Orthonormal columns, of the longest axis first; a negligible axis is a column of zeros. Shape [rowCount x rank]. */
  readonly vectors: Float64Array;
  /** Singular values, descending. Shape [rank]. */
  readonly lengths: Float64Array;
}

/**
 * The singular vectors V E / sqrt(lambda) and values sqrt(lambda) of V, from the eigenvectors E of V'V. That squares the
 * condition of V, whose columns are all about as long as their noise.
 * @param matrix V, shape [rowCount x rank], row-major
 */
export function findPrincipalAxes(matrix: Float64Array, rank: number): PrincipalAxes {
  const rowCount = matrix.length / rank;
  const { values, vectors } = decomposeSymmetric(gramOf(matrix, rank), rank);
  // Ascending, and an eigenvalue below zero is rounding: a Gram matrix has none.
  const lengths = Float64Array.from({ length: rank }, (_, axis) => Math.sqrt(Math.max(0, values[rank - 1 - axis]!)));
  const least = NEGLIGIBLE * lengths[0]!;
  const rotation = new Float64Array(rank * rank);
  for (let k = 0; k < rank; k++) {
    for (let axis = 0; axis < rank; axis++) {
      if (lengths[axis]! > least) rotation[k * rank + axis] = vectors[k * rank + rank - 1 - axis]! / lengths[axis]!;
    }
  }
  return { rowCount, rank, vectors: multiplyRows(matrix, rotation, rank), lengths };
}

/** Takes what `direction` explains out of each column: V := V - d d'V. @param direction of norm 1, shape [rowCount] */
export function removeDirection(matrix: Float64Array, rank: number, direction: Float64Array): void {
  const shares = new Float64Array(rank);
  for (let row = 0, at = 0; row < direction.length; row++) {
    for (let k = 0; k < rank; k++, at++) shares[k] = shares[k]! + direction[row]! * matrix[at]!;
  }
  for (let row = 0, at = 0; row < direction.length; row++) {
    for (let k = 0; k < rank; k++, at++) matrix[at] = matrix[at]! - direction[row]! * shares[k]!;
  }
}

function gramOf(matrix: Float64Array, rank: number): Float64Array {
  const gram = new Float64Array(rank * rank);
  for (let start = 0; start < matrix.length; start += rank) {
    for (let k = 0; k < rank; k++) {
      const own = matrix[start + k]!;
      for (let l = k; l < rank; l++) gram[k * rank + l] = gram[k * rank + l]! + own * matrix[start + l]!;
    }
  }
  for (let k = 0; k < rank; k++) for (let l = 0; l < k; l++) gram[k * rank + l] = gram[l * rank + k]!;
  return gram;
}

function multiplyRows(matrix: Float64Array, square: Float64Array, rank: number): Float64Array {
  const product = new Float64Array(matrix.length);
  for (let start = 0; start < matrix.length; start += rank) {
    for (let k = 0; k < rank; k++) {
      const own = matrix[start + k]!;
      for (let l = 0; l < rank; l++) product[start + l] = product[start + l]! + own * square[k * rank + l]!;
    }
  }
  return product;
}
