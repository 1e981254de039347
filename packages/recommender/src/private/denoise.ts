import type { DenseProducts, TallMatrix } from '../kernels/dense.ts';
import { decomposeSymmetric } from '../kernels/eigen.ts';
import type { SymmetricMatrix } from '../kernels/symmetric-matrix.ts';
import { throwIfCancelled } from '../pacing.ts';
import { createRandom, fillNormal } from '../random.ts';
import type { TrainingContext } from '../trainer.ts';
import type { ContentBasis } from './content-basis.ts';
import { orthonormalize } from './orthonormal.ts';
import { keptShare, shrinkSpectrum } from './shrinkage.ts';

/** Directions outside the content that are looked for. */
export const REST_DIRECTIONS = 96;
/** Passes of subspace iteration: the edge of the noise needs no more digits than these give. */
const SUBSPACE_PASSES = 4;
/** The first pass knows nothing of the diagonal, the next one what the first found. */
const DIAGONAL_PASSES = 2;
/** Eigenvalues below this share of the noise of one entry are rounding. */
const NEGLIGIBLE = 1e-3;

/** The co-occurrence without noise and without what an item has with itself: a symmetric matrix of low rank. */
export interface DenoisedSpectrum {
  /** Above zero, descending. Shape [rank]. */
  readonly eigenvalues: Float64Array;
  /** Orthonormal columns, a row for each item of the head. Shape [headCount x rank]. */
  readonly vectors: Float64Array;
  /** The part of the vectors that content tells: coordinates in the content basis. Shape [basis rank x rank]. */
  readonly contentPart: Float64Array;
  /** Dimensions that stand over the edge of their noise, popularity apart. */
  readonly personalDimensions: number;
}

/**
 * Denoises the co-occurrence of the head. In the coordinates of the content (basis Q) and of everything else it falls into
 * blocks, each with an edge of its own, since white noise stays white under a rotation: content with content, whose few
 * entries hold nearly no noise; content with the rest; the rest with itself. The content block is first explained by the
 * templates, a few numbers that even a small shop tells, and only what departs from them is shrunk.
 *
 * The diagonal of the statistic holds each item's popularity, which is no taste. It is left out, and replaced by what the
 * denoised matrix has there.
 * @param matrix the noisy co-occurrence; its diagonal is overwritten
 * @param deviation of the noise off the diagonal
 * @throws TrainingCancelled
 */
export async function denoiseCoOccurrence(
  products: DenseProducts,
  matrix: SymmetricMatrix,
  basis: ContentBasis,
  { deviation, maxRank }: { readonly deviation: number; readonly maxRank: number },
  context: TrainingContext,
): Promise<DenoisedSpectrum> {
  const headCount = products.rowCount;
  const rest = products.allocate(Math.min(REST_DIRECTIONS, Math.max(1, headCount - basis.rank)));
  fillRows(rest, createRandom(context.seed));
  const work = allocateWork(products, basis, rest);
  let spectrum: DenoisedSpectrum | undefined;
  for (let pass = 0; pass < DIAGONAL_PASSES; pass++) {
    const diagonal = spectrum === undefined ? new Float64Array(headCount) : diagonalOf(spectrum, headCount);
    for (let item = 0; item < headCount; item++) matrix.setDiagonal(item, diagonal[item]!);
    const report = (step: number) =>
      context.onProgress((pass + step / (SUBSPACE_PASSES + 3)) / DIAGONAL_PASSES, 'Separating signal from noise');
    spectrum = await denoiseOnce(products, matrix, basis, work, { deviation, maxRank }, context, report);
  }
  return spectrum!;
}

interface Work {
  /** matrix Q, then what of it lies outside the content. */
  readonly content: TallMatrix;
  readonly rest: TallMatrix;
  readonly product: TallMatrix;
  readonly cross: TallMatrix;
}

function allocateWork(products: DenseProducts, basis: ContentBasis, rest: TallMatrix): Work {
  return {
    content: products.allocate(basis.rank),
    rest,
    product: products.allocate(rest.width),
    cross: products.allocate(rest.width),
  };
}

async function denoiseOnce(
  products: DenseProducts,
  matrix: SymmetricMatrix,
  basis: ContentBasis,
  work: Work,
  { deviation, maxRank }: { readonly deviation: number; readonly maxRank: number },
  context: TrainingContext,
  report: (step: number) => void,
): Promise<DenoisedSpectrum> {
  const { head: q, rank } = basis;
  const outside = Math.max(1, products.rowCount - rank);
  await products.multiplySymmetric(matrix, q, work.content);
  const observed = await products.crossProduct(q, work.content);
  await products.multiply(q, observed, work.content, { factor: -1, isAdded: true });
  report(1);
  const content = denoiseContentBlock(unpad(observed, q.width, rank), basis, deviation);
  const crossGram = await products.crossProduct(work.content, work.content);
  const cross = denoiseCrossBlocks(crossGram, q.width, basis, { deviation, outside, most: work.cross.width });
  report(2);
  const restValues = await findRest(products, matrix, q, work, context, (step) => report(2 + step));
  const restShares = restValues.map((value) =>
    // Of a symmetric block the edge is 2 s sqrt(order), as of a square one. Below zero nothing is a taste.
    value > 0 ? value * keptShare(value, outside, outside, deviation) : 0,
  );
  const restRank = restShares.filter((value) => value > 0).length;
  throwIfCancelled(context);
  return combine({
    products,
    basis,
    work,
    content: content.block,
    cross,
    restShares,
    restRank,
    maxRank,
    deviation,
  }).then((spectrum) => ({ ...spectrum, personalDimensions: content.rank + cross.rank + restRank }));
}

/** Templates fitted by least squares, the rest shrunk block by block. Row-major, shape [rank x rank]. */
function denoiseContentBlock(
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
      if (first > 0 || columnBegin > 0) personalRank += shrunk.rank;
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

/** The sum of the templates, each times the coefficient that fits best, but not below zero. */
function fitTemplates(observed: Float64Array, templates: readonly Float64Array[]): Float64Array {
  let active = templates.map((_, index) => index).filter((index) => dot(templates[index]!, templates[index]!) > 0);
  for (;;) {
    const coefficients = solveNormalEquations(
      active.map((index) => templates[index]!),
      observed,
    );
    const worst = coefficients.indexOf(Math.min(...coefficients));
    if (active.length === 0 || coefficients[worst]! >= 0) {
      const sum = new Float64Array(observed.length);
      for (const [place, index] of active.entries()) {
        for (let at = 0; at < sum.length; at++) sum[at] = sum[at]! + coefficients[place]! * templates[index]![at]!;
      }
      return sum;
    }
    active = active.filter((_, place) => place !== worst);
  }
}

/** Least squares by Gaussian elimination; a column without anything new gets 0. */
function solveNormalEquations(columns: readonly Float64Array[], target: Float64Array): number[] {
  const count = columns.length;
  const system = columns.map((column) => [...columns.map((other) => dot(column, other)), dot(column, target)]);
  const scales = system.map((row, at) => row[at]!);
  for (let pivot = 0; pivot < count; pivot++) {
    if (system[pivot]![pivot]! <= 1e-9 * scales[pivot]!) {
      system[pivot] = system[pivot]!.map((_, column) => (column === pivot ? 1 : 0));
    }
    for (let row = 0; row < count; row++) {
      if (row === pivot) continue;
      const factor = system[row]![pivot]! / system[pivot]![pivot]!;
      for (let column = pivot; column <= count; column++) system[row]![column]! -= factor * system[pivot]![column]!;
    }
  }
  return system.map((row, at) => row[count]! / row[at]!);
}

interface DenoisedCross {
  readonly rank: number;
  /** Directions in the content, columns; the cross block takes each to one direction outside. Shape [basis rank x rank]. */
  readonly directions: Float64Array;
  /** What each of them is kept with. */
  readonly shares: Float64Array;
}

/** Content with the rest, a block for each group: the strongest directions over their edges. */
function denoiseCrossBlocks(
  gram: Float64Array,
  gramWidth: number,
  { rank, ranges }: ContentBasis,
  { deviation, outside, most }: { readonly deviation: number; readonly outside: number; readonly most: number },
): DenoisedCross {
  const found: {
    readonly begin: number;
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
      found.push({ begin, vector, share, value });
    }
  }
  const kept = found.sort((left, right) => right.value * right.share - left.value * left.share).slice(0, most);
  const directions = new Float64Array(rank * kept.length);
  for (const [column, { begin, vector }] of kept.entries()) {
    for (const [i, value] of vector.entries()) directions[(begin + i) * kept.length + column] = value;
  }
  return { rank: kept.length, directions, shares: Float64Array.from(kept, ({ share }) => share) };
}

/**
 * The strongest directions of the matrix outside the content, into `work.rest`, by subspace iteration (Halko, Martinsson and
 * Tropp, SIAM Review 2011).
 * @returns their eigenvalues
 */
async function findRest(
  products: DenseProducts,
  matrix: SymmetricMatrix,
  q: TallMatrix,
  { rest, product }: Work,
  context: TrainingContext,
  report: (step: number) => void,
): Promise<Float64Array> {
  const leaveContent = async (target: TallMatrix) =>
    products.multiply(q, await products.crossProduct(q, target), target, { factor: -1, isAdded: true });
  await leaveContent(rest);
  await orthonormalize(products, rest, product);
  for (let pass = 1; ; pass++) {
    throwIfCancelled(context);
    await products.multiplySymmetric(matrix, rest, product);
    await leaveContent(product);
    if (pass > SUBSPACE_PASSES) break;
    rest.values.set(product.values);
    await orthonormalize(products, rest, product);
    // Rounding brings a little of the content back, and the greatest eigenvalues are there.
    await leaveContent(rest);
    report(pass);
  }
  const width = rest.width;
  const small = symmetrize(await products.crossProduct(rest, product), width);
  const { values, vectors } = decomposeSymmetric(small, width);
  await products.multiply(rest, reverseColumns(vectors, width), product);
  rest.values.set(product.values);
  return values.slice().reverse();
}

/**
 * All blocks as one matrix [Q Z] K [Q Z]', Z being an orthonormal basis of what lies outside the content, and its
 * eigenvectors.
 */
async function combine({
  products,
  basis,
  work,
  content,
  cross,
  restShares,
  restRank,
  maxRank,
  deviation,
}: {
  readonly products: DenseProducts;
  readonly basis: ContentBasis;
  readonly work: Work;
  readonly content: Float64Array;
  readonly cross: DenoisedCross;
  readonly restShares: Float64Array;
  readonly restRank: number;
  readonly maxRank: number;
  readonly deviation: number;
}): Promise<Omit<DenoisedSpectrum, 'personalDimensions'>> {
  const { head: q, rank } = basis;
  const outsideRank = cross.rank + restRank;
  const z = products.allocate(Math.max(1, outsideRank));
  // Columns: where the cross block takes its directions, then the rest's own.
  if (cross.rank > 0) {
    const wide = padColumns(cross.directions, { rows: rank, columns: cross.rank }, q.width, z.width);
    await products.multiply(work.content, wide, z);
  }
  for (let item = 0; item < products.rowCount; item++) {
    for (let k = 0; k < restRank; k++) {
      z.values[item * z.width + cross.rank + k] = work.rest.values[item * work.rest.width + k]!;
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
): Promise<Omit<DenoisedSpectrum, 'personalDimensions'>> {
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

function diagonalOf({ eigenvalues, vectors }: DenoisedSpectrum, headCount: number): Float64Array {
  const rank = eigenvalues.length;
  return Float64Array.from({ length: headCount }, (_, item) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += eigenvalues[k]! * vectors[item * rank + k]! ** 2;
    return sum;
  });
}

function fillRows({ rowCount, width, values }: TallMatrix, random: () => number): void {
  fillNormal(values.subarray(0, rowCount * width), 1, random);
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

function symmetrize(matrix: Float64Array, order: number): Float64Array {
  for (let i = 0; i < order; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (matrix[i * order + j]! + matrix[j * order + i]!) / 2;
      matrix[i * order + j] = mean;
      matrix[j * order + i] = mean;
    }
  }
  return matrix;
}

function reverseColumns(matrix: Float64Array, order: number): Float64Array {
  return matrix.map((_, at) => matrix[at - (at % order) + order - 1 - (at % order)]!);
}

/** The leading square of a padded one. */
function unpad(matrix: Float64Array, width: number, order: number): Float64Array {
  const leading = new Float64Array(order * order);
  for (let row = 0; row < order; row++) leading.set(matrix.subarray(row * width, row * width + order), row * order);
  return leading;
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

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += left[at]! * right[at]!;
  return sum;
}
