/** Length of the upper triangle of a symmetric matrix, its diagonal included. */
export function packedLength(order: number): number {
  return (order * (order + 1)) / 2;
}

/** Where row `row` begins in an upper triangle packed by rows: at its diagonal entry. */
export function packedRowStart(order: number, row: number): number {
  return row * order - (row * (row - 1)) / 2;
}

/** Index of entry (row, column) or its mirror image. */
export function packedIndex(order: number, row: number, column: number): number {
  return row <= column ? packedRowStart(order, row) + column - row : packedRowStart(order, column) + row - column;
}
