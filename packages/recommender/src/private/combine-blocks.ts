import type { DenseProducts, TallMatrix } from '../kernels/dense.ts';
import { decomposeSymmetric } from '../kernels/eigen.ts';
import type { ContentBasis } from './content-basis.ts';
import type { DenoisedCross } from './content-blocks.ts';
import { orthonormalize } from './orthonormal.ts';
import { symmetrize } from './small-matrix.ts';

/** Eigenvalues below this share of the noise of one entry are rounding. */
const NEGLIGIBLE = 1e-3;

/** An eigendecomposition in the content basis and what lies outside it. */
export interface CombinedSpectrum {
  /** Above zero, descending. Shape [rank]. */
  readonly eigenvalues: Float64Array;
  /** Orthonormal columns, a row for each item of the head. Shape [headCount x rank]. */
  readonly vectors: Float64Array;
  /** The part of the vectors that content tells: coordinates in the content basis. Shape [basis rank x rank]. */
  readonly contentPart: Float64Array;
}

/** What is left of the blocks of the co-occurrence. */
export interface DenoisedBlocks {
  /** Content with content. Shape [basis rank x basis rank]. */
  readonly content: Float64Array;
  readonly cross: DenoisedCross;
  /** What the cross block takes the content basis to. */
  readonly crossSource: TallMatrix;
  /** Orthonormal directions outside the content; the first ones are kept. */
  readonly rest: TallMatrix;
  /** Shrunk eigenvalues of those. */
  readonly restShares: Float64Array;
}

/**
 * All blocks as one matrix [Q Z] K [Q Z]', Z being an orthonormal basis of what lies outside the content, and its
 * eigenvectors.
 */
export async function combineBlocks(
  products: DenseProducts,
  basis: ContentBasis,
  { content, cross, crossSource, rest, restShares }: DenoisedBlocks,
  { deviation, maxRank }: { readonly deviation: number; readonly maxRank: number },
): Promise<CombinedSpectrum> {
  const { head: q, rank } = basis;
  const restRank = restShares.length;
  const outsideRank = cross.rank + restRank;
  const z = products.allocate(Math.max(1, outsideRank));
  // Columns: where the cross block takes its directions, then the rest's own.
  if (cross.rank > 0) {
    const wide = padColumns(cross.directions, { rows: rank, columns: cross.rank }, q.width, z.width);
    await products.multiply(crossSource, wide, z);
  }
  for (let item = 0; item < products.rowCount; item++) {
    for (let k = 0; k < restRank; k++) {
      z.values[item * z.width + cross.rank + k] = rest.values[item * rest.width + k]!;
    }
  }
  // Z = Zo R: what stood on a column k of Z now stands on the columns of row k of R transposed.
  const triangle = await orthonormalize(products, z, products.allocate(z.width));
  const order = rank + outsideRank;
  const k = new Float64Array(order * order);
  for (let i = 0; i < rank; i++) for (let j = 0; j < rank; j++) k[i * order + j] = content[i * rank + j]!;
  for (let a = 0; a < outsideRank; a++) {
    for (let column = 0; column < cross.rank; column++) {
      const weight = triangle[a * z.width + column]! * cross.shares[column]!;
      if (weight === 0) continue;
      for (let i = 0; i < rank; i++) {
        const value = weight * cross.directions[i * cross.rank + column]!;
        k[i * order + rank + a] = k[i * order + rank + a]! + value;
        k[(rank + a) * order + i] = k[(rank + a) * order + i]! + value;
      }
    }
    for (let b = 0; b < outsideRank; b++) {
      let sum = 0;
      for (let own = 0; own < restRank; own++) {
        const column = cross.rank + own;
        sum += triangle[a * z.width + column]! * restShares[own]! * triangle[b * z.width + column]!;
      }
      k[(rank + a) * order + rank + b] = sum;
    }
  }
  return expand(products, basis, z, symmetrize(k, order), { order, maxRank, least: NEGLIGIBLE * deviation });
}

async function expand(
  products: DenseProducts,
  { head: q, rank }: ContentBasis,
  z: TallMatrix,
  k: Float64Array,
  { order, maxRank, least }: { readonly order: number; readonly maxRank: number; readonly least: number },
): Promise<CombinedSpectrum> {
  const { values, vectors } = decomposeSymmetric(k, order);
  const columns = Array.from(values.keys())
    .filter((column) => values[column]! > least)
    .reverse()
    .slice(0, maxRank);
  const part = (from: number, rows: number) => {
    const picked = new Float64Array(rows * columns.length);
    for (let row = 0; row < rows; row++) {
      for (const [to, column] of columns.entries())
        picked[row * columns.length + to] = vectors[(from + row) * order + column]!;
    }
    return picked;
  };
  const contentPart = part(0, rank);
  const u = products.allocate(columns.length);
  const shape = (rows: number) => ({ rows, columns: columns.length });
  await products.multiply(q, padColumns(contentPart, shape(rank), q.width, u.width), u);
  const restPart = padColumns(part(rank, order - rank), shape(order - rank), z.width, u.width);
  await products.multiply(z, restPart, u, { isAdded: true });
  const dense = new Float64Array(products.rowCount * columns.length);
  for (let item = 0; item < products.rowCount; item++) {
    for (let column = 0; column < columns.length; column++) {
      dense[item * columns.length + column] = u.values[item * u.width + column]!;
    }
  }
  return { eigenvalues: Float64Array.from(columns, (column) => values[column]!), vectors: dense, contentPart };
}

function padColumns(
  matrix: Float64Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  toRows: number,
  toColumns: number,
): Float64Array {
  const padded = new Float64Array(toRows * toColumns);
  for (let row = 0; row < rows; row++) {
    padded.set(matrix.subarray(row * columns, (row + 1) * columns), row * toColumns);
  }
  return padded;
}
