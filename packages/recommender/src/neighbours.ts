import type { Pacer } from './pacing.ts';
import type { Neighbours } from './recommender.ts';
import { type SparseMatrix, transpose } from './sparse-matrix.ts';
import { TopSelector } from './top-selector.ts';

export interface CosineSettings {
  /** Most neighbours that are kept of an item. */
  readonly width: number;
  /** Weight of common rows at which a similarity counts half: few of them prove little. 0 is the plain cosine. */
  readonly shrinkage: number;
}

/**
 * Each column's most similar other columns: c_ij / sqrt(c_ii c_jj) * c_ij / (c_ij + shrinkage), with c = X^T X. Sarwar et
 * al., WWW 2001; the shrinkage after Bell and Koren, ICDM 2007.
 * @param matrix X, rows are users or baskets, columns items
 * @throws TrainingCancelled
 */
export async function findCosineNeighbours(
  matrix: SparseMatrix,
  settings: CosineSettings,
  pacer: Pacer,
): Promise<Neighbours> {
  const itemCount = matrix.columnCount;
  const { width, shrinkage } = settings;
  const byItem = transpose(matrix);
  const norms = columnNorms(matrix);
  const together = new Float64Array(itemCount);
  const touched = new Int32Array(itemCount);
  const selector = new TopSelector(width);
  const ptr = new Int32Array(itemCount + 1);
  let items = new Int32Array(itemCount);
  let scores = new Float32Array(itemCount);
  for (let item = 0; item < itemCount; item++) {
    let touchedCount = 0;
    let operations = 0;
    for (let slot = byItem.rowPtr[item]!; slot < byItem.rowPtr[item + 1]!; slot++) {
      const row = byItem.columnIdx[slot]!;
      const weight = byItem.values[slot]!;
      const end = matrix.rowPtr[row + 1]!;
      for (let other = matrix.rowPtr[row]!; other < end; other++) {
        const column = matrix.columnIdx[other]!;
        if (together[column] === 0) touched[touchedCount++] = column;
        together[column] = together[column]! + weight * matrix.values[other]!;
      }
      operations += end - matrix.rowPtr[row]!;
    }
    for (let index = 0; index < touchedCount; index++) {
      const other = touched[index]!;
      const common = together[other]!;
      together[other] = 0;
      if (other === item) continue;
      selector.offer(other, ((common / (norms[item]! * norms[other]!)) * common) / (common + shrinkage));
    }
    const start = ptr[item]!;
    const end = start + selector.size;
    if (end > items.length) {
      items = enlarge(items, 2 * end);
      scores = enlarge(scores, 2 * end);
    }
    selector.drain(items, scores, start);
    ptr[item + 1] = end;
    if (pacer.isDue(operations + 4 * touchedCount)) await pacer.pause(item / itemCount);
  }
  return { itemCount, ptr, items: items.slice(0, ptr[itemCount]), scores: scores.slice(0, ptr[itemCount]) };
}

function enlarge<Values extends Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(
  values: Values,
  length: number,
): Values {
  const larger = new (values.constructor as new (length: number) => Values)(length);
  larger.set(values);
  return larger;
}

function columnNorms(matrix: SparseMatrix): Float64Array {
  const norms = new Float64Array(matrix.columnCount);
  for (const [slot, column] of matrix.columnIdx.entries()) norms[column]! += matrix.values[slot]! ** 2;
  return norms.map(Math.sqrt);
}

/** The same similarities as sparse rows, columns ascending, to score histories with. */
export function toSparseRows({ itemCount, ptr, items, scores }: Neighbours): SparseMatrix {
  // Transposing orders the columns, twice gives the rows back: linear, where sorting each row is not.
  return transpose(
    transpose({ rowCount: itemCount, columnCount: itemCount, rowPtr: ptr, columnIdx: items, values: scores }),
  );
}
