import type { SparseMatrix } from '../sparse-matrix.ts';
import { decomposeSymmetric } from './eigen.ts';
import type { KernelPool } from './pool.ts';

/** Parts that a Gram matrix is summed from: enough for any number of threads, and fixed, so that the sum is too. */
const GRAM_PARTS = 32;
/** Few, since cancelling waits for them: a row of the most popular item may take a tenth of a second. */
const ROWS_PER_CHUNK = 4;
const ROTATED_PER_CHUNK = 64;
/** Kernels work on whole blocks of so many columns. */
export const RANK_MULTIPLE = 8;

/** One side of a factorization, users or items, in the pool's memory. */
export interface AlsSide {
  readonly rowCount: number;
  /** Shape [rowCount x rank]. */
  readonly factors: Float32Array;
  readonly ptr: Int32Array;
  /** Rows of the other side. */
  readonly columns: Int32Array;
  /** Confidence of each observation. */
  readonly weights: Float32Array;
  /** Ridge penalty by row. Shape [rowCount]. */
  readonly regularization: Float32Array;
}

export interface AlsWeights {
  readonly rank: number;
  /** Weight of every pair, observed or not, being drawn to 0. */
  readonly unobservedWeight: number;
  readonly regularization: number;
  readonly regularizationExponent: number;
}

/** Alternating least squares over two sides that see each other's factors. */
export class AlsSolver {
  readonly #pool: KernelPool;
  readonly #rank: number;
  readonly #unobservedWeight: number;
  readonly #gram: Float32Array;
  readonly #gramParts: Float32Array;
  readonly #rotation: Float32Array;

  /** @param rank a multiple of 8 */
  constructor(pool: KernelPool, { rank, unobservedWeight }: AlsWeights) {
    if (rank % RANK_MULTIPLE !== 0) throw new RangeError(`The rank is a multiple of ${RANK_MULTIPLE}.`);
    this.#pool = pool;
    this.#rank = rank;
    this.#unobservedWeight = unobservedWeight;
    this.#gram = pool.memory.allocateFloat32(rank);
    this.#gramParts = pool.memory.allocateFloat32(GRAM_PARTS * rank * rank);
    this.#rotation = pool.memory.allocateFloat32(rank * rank);
    pool.reserveScratch(pool.kernels.solveScratchBytes(rank));
  }

  /**
   * Rotates factors to the principal axes, where their Gram matrix is diagonal. No prediction changes as long as the
   * other side is solved anew, and each of its solves may then choose the smaller of two systems.
   * @returns the diagonal, shape [rank]; the next call overwrites it
   */
  async rotateToPrincipalAxes({ factors, rowCount }: Pick<AlsSide, 'factors' | 'rowCount'>): Promise<Float32Array> {
    const rank = this.#rank;
    const start = factors.byteOffset;
    await this.#pool.run('gramParts', GRAM_PARTS, 1, start, rowCount, rank, GRAM_PARTS, this.#gramParts.byteOffset);
    const { values, vectors } = decomposeSymmetric(sumUpperTriangles(this.#gramParts, rank), rank);
    this.#rotation.set(vectors);
    // An eigenvalue below zero is rounding: a Gram matrix has none.
    for (let k = 0; k < rank; k++) this.#gram[k] = Math.max(0, values[k]!);
    await this.#pool.run('rotateRows', rowCount, ROTATED_PER_CHUNK, start, rank, this.#rotation.byteOffset);
    return this.#gram;
  }

  /** Factors of every row of `target`, given those of `source`, which are rotated first. */
  async solve(target: AlsSide, source: AlsSide): Promise<void> {
    const gram = await this.rotateToPrincipalAxes(source);
    await this.#pool.run(
      'solveRows',
      target.rowCount,
      ROWS_PER_CHUNK,
      target.factors.byteOffset,
      source.factors.byteOffset,
      target.ptr.byteOffset,
      target.columns.byteOffset,
      target.weights.byteOffset,
      gram.byteOffset,
      this.#unobservedWeight,
      target.regularization.byteOffset,
      this.#rank,
    );
  }

  /**
   * The loss of `target`'s rows right after `solve(target, source)`: squared errors and the rows' own penalties, not those
   * of `source`. Between 0 and the sum of the observations' weights, which is what predicting nothing costs.
   * @param losses scratch, shape [target.rowCount]
   */
  async measureRowLoss(target: AlsSide, source: AlsSide, losses: Float64Array): Promise<number> {
    await this.#pool.run(
      'rowLosses',
      target.rowCount,
      ROWS_PER_CHUNK,
      target.factors.byteOffset,
      source.factors.byteOffset,
      target.ptr.byteOffset,
      target.columns.byteOffset,
      target.weights.byteOffset,
      this.#rank,
      losses.byteOffset,
    );
    let loss = 0;
    for (const rowLoss of losses) loss += rowLoss;
    return loss;
  }
}

/**
 * Copies one side into the pool's memory, its factors zero.
 * @param matrix confidence of each observation; rows are this side's
 */
export function placeAlsSide(pool: KernelPool, matrix: SparseMatrix, weights: AlsWeights): AlsSide {
  const { memory } = pool;
  const regularization = memory.allocateFloat32(matrix.rowCount);
  for (let row = 0; row < matrix.rowCount; row++) {
    const observations = matrix.rowPtr[row + 1]! - matrix.rowPtr[row]!;
    regularization[row] = regularizationOf(observations, matrix.columnCount, weights);
  }
  return {
    rowCount: matrix.rowCount,
    factors: memory.allocateFloat32(matrix.rowCount * weights.rank),
    ptr: memory.copyInt32(matrix.rowPtr),
    columns: memory.copyInt32(matrix.columnIdx),
    weights: memory.copyFloat32(matrix.values),
    regularization,
  };
}

/**
 * A row's ridge penalty, growing with how often it was observed (Rendle, Krichene, Zhang and Koren, Revisiting the
 * Performance of iALS, RecSys 2022, equation 4).
 */
export function regularizationOf(observations: number, otherCount: number, weights: Omit<AlsWeights, 'rank'>): number {
  const { regularization, regularizationExponent, unobservedWeight } = weights;
  return regularization * (observations + unobservedWeight * otherCount) ** regularizationExponent;
}

/** The symmetric sum of matrices of which the upper triangles count. */
function sumUpperTriangles(parts: Float32Array, order: number): Float64Array {
  const sum = new Float64Array(order * order);
  for (let row = 0; row < order; row++) {
    for (let column = row; column < order; column++) {
      let entry = 0;
      for (let at = row * order + column; at < parts.length; at += order * order) entry += parts[at]!;
      sum[row * order + column] = entry;
      sum[column * order + row] = entry;
    }
  }
  return sum;
}
