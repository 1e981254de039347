import { Pacer } from './pacing.ts';
import type { TrainingContext } from './trainer.ts';

/**
 * Inverts a symmetric positive definite matrix in place by Gauss-Jordan sweeps, which need no pivoting on such a matrix.
 * The plain reference: cubic, one thread.
 * @param matrix shape [order x order]
 * @throws TrainingCancelled
 */
export async function invertSymmetric(matrix: Float32Array, order: number, context: TrainingContext): Promise<void> {
  const pacer = new Pacer(context, 'Inverse');
  for (let pivot = 0; pivot < order; pivot++) {
    const pivotRow = matrix.subarray(pivot * order, (pivot + 1) * order);
    const inverse = 1 / pivotRow[pivot]!;
    pivotRow[pivot] = 1;
    for (let column = 0; column < order; column++) pivotRow[column] = pivotRow[column]! * inverse;
    for (let row = 0; row < order; row++) {
      if (row === pivot) continue;
      const start = row * order;
      const factor = matrix[start + pivot]!;
      if (factor === 0) continue;
      matrix[start + pivot] = 0;
      for (let column = 0; column < order; column++) {
        matrix[start + column] = matrix[start + column]! - factor * pivotRow[column]!;
      }
    }
    if (pacer.isDue(order * order)) await pacer.pause(pivot / order);
  }
}
