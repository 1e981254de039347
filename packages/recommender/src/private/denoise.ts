import type { DenseProducts, TallMatrix } from '../kernels/dense.ts';
import { decomposeSymmetric } from '../kernels/eigen.ts';
import type { SymmetricMatrix } from '../kernels/symmetric-matrix.ts';
import { throwIfCancelled } from '../pacing.ts';
import { createRandom, fillNormal } from '../random.ts';
import type { TrainingContext } from '../trainer.ts';
import { type CombinedSpectrum, combineBlocks } from './combine-blocks.ts';
import type { ContentBasis } from './content-basis.ts';
import { denoiseContentBlock, denoiseCrossBlocks } from './content-blocks.ts';
import { orthonormalize } from './orthonormal.ts';
import { isCertain, keptShare } from './shrinkage.ts';
import { symmetrize } from './small-matrix.ts';

/** Directions outside the content that are looked for. */
export const REST_DIRECTIONS = 96;
/** Passes of subspace iteration: the edge of the noise needs no more digits than these give. */
const SUBSPACE_PASSES = 4;
/** The first pass knows nothing of the diagonal, the next one what the first found. */
const DIAGONAL_PASSES = 2;

/** The co-occurrence without noise and without what an item has with itself: a symmetric matrix of low rank. */
export interface DenoisedSpectrum extends CombinedSpectrum {
  /** Dimensions that stand over the edge of their noise for certain, popularity apart. */
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
}

function allocateWork(products: DenseProducts, basis: ContentBasis, rest: TallMatrix): Work {
  return {
    content: products.allocate(basis.rank),
    rest,
    product: products.allocate(rest.width),
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
  const cross = denoiseCrossBlocks(crossGram, q.width, basis, { deviation, outside, most: REST_DIRECTIONS });
  report(2);
  const restValues = await findRest(products, matrix, q, work, context, (step) => report(2 + step));
  // Of a symmetric block the edge is 2 s sqrt(order), as of a square one. Below zero nothing is a taste.
  const restShares = restValues
    .map((value) => (value > 0 ? value * keptShare(value, outside, outside, deviation) : 0))
    .filter((value) => value > 0);
  const certainRest = restValues.filter((value) => isCertain(value, outside, outside, deviation)).length;
  throwIfCancelled(context);
  const blocks = { content: content.block, cross, crossSource: work.content, rest: work.rest, restShares };
  const combined = await combineBlocks(products, basis, blocks, { deviation, maxRank });
  return { ...combined, personalDimensions: content.rank + cross.certainRank + certainRest };
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

function reverseColumns(matrix: Float64Array, order: number): Float64Array {
  return matrix.map((_, at) => matrix[at - (at % order) + order - 1 - (at % order)]!);
}

/** The leading square of a padded one. */
function unpad(matrix: Float64Array, width: number, order: number): Float64Array {
  const leading = new Float64Array(order * order);
  for (let row = 0; row < order; row++) leading.set(matrix.subarray(row * width, row * width + order), row * order);
  return leading;
}
