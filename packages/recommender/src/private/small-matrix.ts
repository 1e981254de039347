/**
 * The inverse of a symmetric positive definite matrix by Cholesky's factorisation.
 * @param matrix row-major, shape [order x order]; not changed
 * @throws RangeError when it is not positive definite
 */
export function invertPositiveDefinite(matrix: Float64Array, order: number): Float64Array {
  const lower = matrix.slice();
  for (let row = 0; row < order; row++) {
    for (let column = 0; column <= row; column++) {
      let entry = matrix[row * order + column]!;
      for (let k = 0; k < column; k++) entry -= lower[row * order + k]! * lower[column * order + k]!;
      if (row > column) lower[row * order + column] = entry / lower[column * order + column]!;
      else if (entry > 0) lower[row * order + row] = Math.sqrt(entry);
      else throw new RangeError('The matrix is not positive definite.');
    }
  }
  // Row by row: inverse(lower), then its transpose times itself.
  const half = new Float64Array(order * order);
  for (let row = 0; row < order; row++) {
    half[row * order + row] = 1;
    for (let k = 0; k < row; k++) {
      const factor = lower[row * order + k]!;
      for (let column = 0; column <= k; column++) {
        half[row * order + column] = half[row * order + column]! - factor * half[k * order + column]!;
      }
    }
    for (let column = 0; column <= row; column++) {
      half[row * order + column] = half[row * order + column]! / lower[row * order + row]!;
    }
  }
  const inverse = new Float64Array(order * order);
  for (let k = 0; k < order; k++) {
    for (let row = 0; row <= k; row++) {
      const value = half[k * order + row]!;
      for (let column = 0; column <= k; column++) {
        inverse[row * order + column] = inverse[row * order + column]! + value * half[k * order + column]!;
      }
    }
  }
  return inverse;
}

/** Replaces the entries by the mean of themselves and their mirror images: what rounding set apart. */
export function symmetrize(matrix: Float64Array, order: number): Float64Array {
  for (let i = 0; i < order; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (matrix[i * order + j]! + matrix[j * order + i]!) / 2;
      matrix[i * order + j] = mean;
      matrix[j * order + i] = mean;
    }
  }
  return matrix;
}
