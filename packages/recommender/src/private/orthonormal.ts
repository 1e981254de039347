import type { DenseProducts, TallMatrix } from '../kernels/dense.ts';

/** A column that the ones before it leave less than this share of is rounding. */
const LEAST_NEW_SHARE = 1e-4;

/**
 * Replaces the columns by orthonormal ones that span the same: Cholesky QR, twice, since the first leaves the square of the
 * condition number in single precision (Yamamoto et al. 2015). Dependent columns become zeros.
 * @param work of the same shape; overwritten
 * @returns R with old = new R: upper triangular, row-major, shape [width x width]
 */
export async function orthonormalize(
  products: DenseProducts,
  matrix: TallMatrix,
  work: TallMatrix,
): Promise<Float64Array> {
  const { width } = matrix;
  let total: Float64Array | undefined;
  for (let pass = 0; pass < 2; pass++) {
    const { upper, inverse } = factorUpper(await products.crossProduct(matrix, matrix), width);
    await products.multiply(matrix, inverse, work);
    matrix.values.set(work.values);
    total = total === undefined ? upper : multiplyUpper(upper, total, width);
  }
  return total!;
}

/** gram = upper' upper; where a pivot is lost, upper has a row of zeros and the inverse a column of zeros. */
function factorUpper(
  gram: Float64Array,
  order: number,
): { readonly upper: Float64Array; readonly inverse: Float64Array } {
  const upper = new Float64Array(order * order);
  for (let row = 0; row < order; row++) {
    let pivot = gram[row * order + row]!;
    for (let k = 0; k < row; k++) pivot -= upper[k * order + row]! ** 2;
    if (!(pivot > LEAST_NEW_SHARE ** 2 * gram[row * order + row]!)) continue;
    const root = Math.sqrt(pivot);
    for (let column = row; column < order; column++) {
      let entry = gram[row * order + column]!;
      for (let k = 0; k < row; k++) entry -= upper[k * order + row]! * upper[k * order + column]!;
      upper[row * order + column] = entry / root;
    }
  }
  const inverse = new Float64Array(order * order);
  for (let column = 0; column < order; column++) {
    if (upper[column * order + column] === 0) continue;
    inverse[column * order + column] = 1 / upper[column * order + column]!;
    for (let row = column - 1; row >= 0; row--) {
      const pivot = upper[row * order + row]!;
      if (pivot === 0) continue;
      let sum = 0;
      for (let k = row + 1; k <= column; k++) sum += upper[row * order + k]! * inverse[k * order + column]!;
      inverse[row * order + column] = -sum / pivot;
    }
  }
  return { upper, inverse };
}

function multiplyUpper(left: Float64Array, right: Float64Array, order: number): Float64Array {
  const product = new Float64Array(order * order);
  for (let i = 0; i < order; i++) {
    for (let k = i; k < order; k++) {
      const value = left[i * order + k]!;
      if (value === 0) continue;
      for (let j = k; j < order; j++) product[i * order + j] = product[i * order + j]! + value * right[k * order + j]!;
    }
  }
  return product;
}
