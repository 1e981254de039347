import { decomposeSymmetric } from '../kernels/eigen.ts';
import type { ContentBasis } from './content-basis.ts';
import { isCertain, keptShare, shrinkSpectrum } from './shrinkage.ts';
import { symmetrize } from './small-matrix.ts';
import { fitTemplates } from './template-fit.ts';

/** Templates fitted by least squares, the rest shrunk block by block. Row-major, shape [rank x rank]. */
export function denoiseContentBlock(
  observed: Float64Array,
  { rank, ranges, templates }: ContentBasis,
  deviation: number,
): { readonly block: Float64Array; readonly rank: number } {
  const block = fitTemplates(observed, templates);
  const left = observed.map((value, at) => value - block[at]!);
  let personalRank = 0;
  for (const [first, [rowBegin, rowEnd]] of ranges.entries()) {
    for (const [columnBegin, columnEnd] of ranges.slice(first)) {
      const rows = rowEnd - rowBegin;
      const columns = columnEnd - columnBegin;
      if (rows === 0 || columns === 0) continue;
      const isWide = rows <= columns;
      const [smaller, greater] = isWide ? [rows, columns] : [columns, rows];
      const at = (i: number, j: number) =>
        isWide ? left[(rowBegin + i) * rank + columnBegin + j]! : left[(rowBegin + j) * rank + columnBegin + i]!;
      const shrunk = shrinkSpectrum(gramOfBlock(at, smaller, greater), smaller, greater, deviation);
      // The first group's one column is popularity.
      if (first > 0 || columnBegin > 0) personalRank += shrunk.certainRank;
      if (shrunk.rank === 0) continue;
      for (let i = 0; i < smaller; i++) {
        for (let j = 0; j < greater; j++) {
          let value = 0;
          for (let k = 0; k < smaller; k++) value += shrunk.filter[i * smaller + k]! * at(k, j);
          const [row, column] = isWide ? [rowBegin + i, columnBegin + j] : [rowBegin + j, columnBegin + i];
          block[row * rank + column] = block[row * rank + column]! + value;
          if (rowBegin !== columnBegin) block[column * rank + row] = block[column * rank + row]! + value;
        }
      }
    }
  }
  return { block: symmetrize(block, rank), rank: personalRank };
}

export interface DenoisedCross {
  readonly rank: number;
  readonly certainRank: number;
  /** Directions in the content, columns; the cross block takes each to one direction outside. Shape [basis rank x rank]. */
  readonly directions: Float64Array;
  /** What each of them is kept with. */
  readonly shares: Float64Array;
}

/** Content with the rest, a block for each group: the strongest directions over their edges. */
export function denoiseCrossBlocks(
  gram: Float64Array,
  gramWidth: number,
  { rank, ranges }: ContentBasis,
  { deviation, outside, most }: { readonly deviation: number; readonly outside: number; readonly most: number },
): DenoisedCross {
  const found: {
    readonly begin: number;
    readonly size: number;
    readonly vector: Float64Array;
    readonly share: number;
    readonly value: number;
  }[] = [];
  for (const [begin, end] of ranges) {
    const size = end - begin;
    if (size === 0) continue;
    const block = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) block[i * size + j] = gram[(begin + i) * gramWidth + begin + j]!;
    }
    const { values, vectors } = decomposeSymmetric(block, size);
    for (let k = size - 1; k >= 0; k--) {
      const value = Math.sqrt(Math.max(0, values[k]!));
      const share = keptShare(value, Math.min(size, outside), Math.max(size, outside), deviation);
      if (share === 0) break;
      const vector = Float64Array.from({ length: size }, (_, i) => vectors[i * size + k]!);
      found.push({ begin, size, vector, share, value });
    }
  }
  const kept = found.sort((left, right) => right.value * right.share - left.value * left.share).slice(0, most);
  const directions = new Float64Array(rank * kept.length);
  for (const [column, { begin, vector }] of kept.entries()) {
    for (const [i, value] of vector.entries()) directions[(begin + i) * kept.length + column] = value;
  }
  const certainRank = kept.filter(({ value, size }) =>
    isCertain(value, Math.min(size, outside), Math.max(size, outside), deviation),
  ).length;
  return { rank: kept.length, certainRank, directions, shares: Float64Array.from(kept, ({ share }) => share) };
}

function gramOfBlock(at: (i: number, j: number) => number, smaller: number, greater: number): Float64Array {
  const gram = new Float64Array(smaller * smaller);
  for (let i = 0; i < smaller; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = 0;
      for (let j = 0; j < greater; j++) sum += at(i, j) * at(k, j);
      gram[i * smaller + k] = sum;
      gram[k * smaller + i] = sum;
    }
  }
  return gram;
}
