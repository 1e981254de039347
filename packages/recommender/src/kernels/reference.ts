/**
 * The kernels in plain TypeScript and double precision: slow, short, and what the compiled ones are tested against.
 * Matrices are row-major.
 */

/** Y'Y. @returns shape [rank x rank] */
export function computeGram(factors: Float32Array, rank: number): Float64Array {
  const gram = new Float64Array(rank * rank);
  for (let row = 0; row < factors.length; row += rank) {
    for (let a = 0; a < rank; a++) {
      for (let b = 0; b < rank; b++) gram[a * rank + b]! += factors[row + a]! * factors[row + b]!;
    }
  }
  return gram;
}

export interface RowProblem {
  /** Factors of the other side. Shape [others x rank]. */
  readonly source: Float32Array;
  readonly rank: number;
  /** Rows of `source` that were observed. */
  readonly columns: Int32Array;
  readonly weights: Float32Array;
  readonly unobservedWeight: number;
  readonly regularization: number;
}

/** One row of alternating least squares: inverse(alpha0 Y'Y + sum w y y' + lambda I) sum w y. */
export function solveRow(problem: RowProblem): Float64Array {
  const { source, rank, columns, weights, unobservedWeight, regularization } = problem;
  const system = computeGram(source, rank).map((entry) => entry * unobservedWeight);
  const right = new Float64Array(rank);
  for (const [index, column] of columns.entries()) {
    const y = source.subarray(column * rank, (column + 1) * rank);
    for (let a = 0; a < rank; a++) {
      right[a]! += weights[index]! * y[a]!;
      for (let b = 0; b < rank; b++) system[a * rank + b]! += weights[index]! * y[a]! * y[b]!;
    }
  }
  for (let a = 0; a < rank; a++) system[a * rank + a]! += regularization;
  return multiply(invertPositiveDefinite(system, rank), right);
}

/** The inverse by Gauss and Jordan; needs no pivots where the matrix is positive definite. */
export function invertPositiveDefinite(matrix: Float64Array, order: number): Float64Array {
  const inverse = matrix.slice();
  for (let pivot = 0; pivot < order; pivot++) {
    const scale = 1 / inverse[pivot * order + pivot]!;
    inverse[pivot * order + pivot] = 1;
    for (let column = 0; column < order; column++) inverse[pivot * order + column]! *= scale;
    for (let row = 0; row < order; row++) {
      if (row === pivot) continue;
      const factor = inverse[row * order + pivot]!;
      inverse[row * order + pivot] = 0;
      for (let column = 0; column < order; column++) {
        inverse[row * order + column]! -= factor * inverse[pivot * order + column]!;
      }
    }
  }
  return inverse;
}

/** Scores of all rows. */
export function scoreRows(query: Float32Array, factors: Float32Array): Float64Array {
  return multiply(factors, query);
}

/** Indices of the greatest values, best first; equal ones by the lower index. */
export function selectTop(scores: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: scores.length }, (_, index) => index)
    .sort((left, right) => scores[right]! - scores[left]! || left - right)
    .slice(0, count);
}

function multiply(matrix: ArrayLike<number>, vector: ArrayLike<number>): Float64Array {
  const width = vector.length;
  return Float64Array.from({ length: matrix.length / width }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += matrix[row * width + k]! * vector[k]!;
    return sum;
  });
}
