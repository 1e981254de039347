import { ModelFormatError, type Section, type SectionReader } from './section.ts';

/** A sparse matrix, compressed by row. */
export interface SparseMatrix {
  readonly rowCount: number;
  readonly columnCount: number;
  /** Shape [rowCount + 1]. */
  readonly rowPtr: Int32Array;
  /** Shape [nonzeros]. */
  readonly columnIdx: Int32Array;
  /** Shape [nonzeros]. */
  readonly values: Float32Array;
}

/** The transpose; its columns ascend within a row. */
export function transpose(matrix: SparseMatrix): SparseMatrix {
  const { rowCount, columnCount, rowPtr, columnIdx, values } = matrix;
  const transposedPtr = new Int32Array(columnCount + 1);
  for (const column of columnIdx) transposedPtr[column + 1]! += 1;
  for (let column = 0; column < columnCount; column++) transposedPtr[column + 1]! += transposedPtr[column]!;
  const next = transposedPtr.slice(0, columnCount);
  const transposedIdx = new Int32Array(columnIdx.length);
  const transposedValues = new Float32Array(columnIdx.length);
  for (let row = 0; row < rowCount; row++) {
    for (let slot = rowPtr[row]!; slot < rowPtr[row + 1]!; slot++) {
      const target = next[columnIdx[slot]!]!++;
      transposedIdx[target] = row;
      transposedValues[target] = values[slot]!;
    }
  }
  return {
    rowCount: columnCount,
    columnCount: rowCount,
    rowPtr: transposedPtr,
    columnIdx: transposedIdx,
    values: transposedValues,
  };
}

/** The value at (row, column), 0 where none is stored. Columns must ascend within a row. */
export function valueAt(matrix: SparseMatrix, row: number, column: number): number {
  let low = matrix.rowPtr[row]!;
  let high = matrix.rowPtr[row + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = matrix.columnIdx[middle]!;
    if (found === column) return matrix.values[middle]!;
    if (found < column) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}

/** Adds `factor` times a row to a dense vector. */
export function addRow(matrix: SparseMatrix, row: number, factor: number, out: Float32Array): void {
  const { columnIdx, values } = matrix;
  const end = matrix.rowPtr[row + 1]!;
  for (let slot = matrix.rowPtr[row]!; slot < end; slot++) {
    const column = columnIdx[slot]!;
    out[column] = out[column]! + factor * values[slot]!;
  }
}

/** The matrix as an artifact's sections `<name>.ptr`, `.columns`, `.values`. */
export function encodeSparseMatrix(name: string, matrix: SparseMatrix): Section[] {
  return [
    { name: `${name}.ptr`, data: matrix.rowPtr },
    { name: `${name}.columns`, data: matrix.columnIdx },
    { name: `${name}.values`, data: matrix.values },
  ];
}

/**
 * Columns must ascend within a row.
 * @throws ModelFormatError MALFORMED
 */
export function decodeSparseMatrix(
  name: string,
  reader: SectionReader,
  rowCount: number,
  columnCount: number,
): SparseMatrix {
  const rowPtr = reader.rowPointers(`${name}.ptr`, rowCount);
  const nonzeros = rowPtr[rowCount]!;
  const columnIdx = reader.indices(`${name}.columns`, nonzeros, columnCount);
  const values = reader.float32(`${name}.values`, nonzeros);
  for (let row = 0; row < rowCount; row++) {
    for (let slot = rowPtr[row]! + 1; slot < rowPtr[row + 1]!; slot++) {
      if (columnIdx[slot]! > columnIdx[slot - 1]!) continue;
      throw new ModelFormatError('MALFORMED', `The columns of "${name}" do not ascend.`);
    }
  }
  return { rowCount, columnCount, rowPtr, columnIdx, values };
}
