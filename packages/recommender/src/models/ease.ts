import { parseNumbers } from '../hyperparameters.ts';
import { lastMoment } from '../interest.ts';
import { openKernelPool } from '../kernels/pool.ts';
import { MAX_ORDER, SymmetricMatrix } from '../kernels/symmetric-matrix.ts';
import { Pacer, stageOf } from '../pacing.ts';
import { type SparseMatrix, transpose } from '../sparse-matrix.ts';
import { TopSelector } from '../top-selector.ts';
import { type TrainingContext, TrainingImpossible, type TrainingInput } from '../trainer.ts';
import { collectUserItems, MAX_ITEMS_PER_USER } from '../user-items.ts';
import { type HistoryReading, ItemWeightsRecommender } from './item-weights.ts';

export interface EaseHyperparameters extends HistoryReading {
  /** L2 regularisation: the more, the more alike to plain co-occurrence. */
  readonly lambda: number;
  /** Days after which an interaction counts half in training. */
  readonly halfLifeDays: number;
  /** Weights kept of each item's row, the strongest. */
  readonly weightsPerItem: number;
}

/** Below this share of the greatest diagonal entry a ridge is lost in float32's 24 bits. */
const LEAST_LAMBDA_SHARE = 1e-6;

/** @throws InvalidHyperparameters */
export function parseEase(value: unknown): EaseHyperparameters {
  return parseNumbers(value, {
    lambda: { fallback: 300, minimum: 0.001, maximum: 1_000_000 },
    halfLifeDays: { fallback: 90, minimum: 0.01, maximum: 36_500 },
    weightsPerItem: { fallback: 200, minimum: 1, maximum: 10_000, isInteger: true },
    recentItems: { fallback: 200, minimum: 1, maximum: 200, isInteger: true },
    decay: { fallback: 1, minimum: 0.01, maximum: 1 },
  });
}

/**
 * EASE (Steck, WWW 2019), cut to the strongest weights of each row.
 * @throws TrainingImpossible; TrainingCancelled
 */
export async function trainEase(
  hyperparameters: EaseHyperparameters,
  input: TrainingInput,
  context: TrainingContext,
): Promise<ItemWeightsRecommender<'ease'>> {
  const weights = await solveEase(hyperparameters, input, stageOf(context, 0, 0.95));
  const pacer = new Pacer(stageOf(context, 0.95, 1), 'Keeping the strongest weights');
  const strongest = await keepStrongest(weights, hyperparameters.weightsPerItem, pacer);
  return new ItemWeightsRecommender('ease', strongest, hyperparameters);
}

/** All weights from item to item, read by rows. */
export interface WeightRows {
  readonly itemCount: number;
  /** Writes what having item `row` says of every item. @param out shape [itemCount] */
  readRow(row: number, out: Float32Array): void;
}

/**
 * The weights B minimising |X - XB|^2 + lambda |B|^2 with a zero diagonal: with P = inverse(X^T X + lambda I),
 * B_ij = -P_ij / P_jj.
 * @throws TrainingImpossible when the items are too many, or lambda too small for single precision; TrainingCancelled
 */
export async function solveEase(
  { lambda, halfLifeDays }: Pick<EaseHyperparameters, 'lambda' | 'halfLifeDays'>,
  { interactions, now }: TrainingInput,
  context: TrainingContext,
): Promise<WeightRows> {
  if (interactions.itemCount > MAX_ORDER) {
    const most = MAX_ORDER.toLocaleString('en');
    throw new TrainingImpossible(`EASE takes up to ${most} products; use ials or item-cosine.`);
  }
  const pool = await openKernelPool(context);
  try {
    const inverse = new SymmetricMatrix(pool, interactions.itemCount);
    const gramPacer = new Pacer(stageOf(context, 0, 0.1), 'Gram matrix');
    const ageing = { now: lastMoment(interactions, now), halfLifeDays };
    await fillGram(inverse, collectUserItems(interactions, MAX_ITEMS_PER_USER, ageing), lambda, gramPacer);
    const inversion = stageOf(context, 0.1, 1);
    await inverse.invert((fraction) => inversion.onProgress(fraction, 'Inverse'));
    return new EaseWeights(inverse);
  } finally {
    await pool.close();
  }
}

class EaseWeights implements WeightRows {
  readonly itemCount: number;
  readonly #inverse: SymmetricMatrix;
  readonly #diagonal: Float32Array;

  constructor(inverse: SymmetricMatrix) {
    this.itemCount = inverse.order;
    this.#inverse = inverse;
    this.#diagonal = Float32Array.from({ length: inverse.order }, (_, item) => inverse.get(item, item));
  }

  readRow(row: number, out: Float32Array): void {
    this.#inverse.readRow(row, out);
    for (let column = 0; column < this.itemCount; column++) out[column] = -out[column]! / this.#diagonal[column]!;
    out[row] = 0;
  }
}

/**
 * The `count` weights of greatest absolute value of each row.
 * @throws TrainingCancelled
 */
export async function keepStrongest(weights: WeightRows, count: number, pacer: Pacer): Promise<SparseMatrix> {
  const { itemCount } = weights;
  const width = Math.min(count, Math.max(0, itemCount - 1));
  const rowPtr = new Int32Array(itemCount + 1);
  const columnIdx = new Int32Array(itemCount * width);
  const values = new Float32Array(itemCount * width);
  const selector = new TopSelector(width);
  const dense = new Float32Array(itemCount);
  let end = 0;
  for (let row = 0; row < itemCount; row++) {
    weights.readRow(row, dense);
    for (let column = 0; column < itemCount; column++) {
      const weight = dense[column]!;
      if (weight !== 0) selector.offer(column, Math.abs(weight));
    }
    const kept = columnIdx.subarray(end, end + selector.drain(columnIdx, undefined, end)).sort();
    for (const column of kept) values[end++] = dense[column]!;
    rowPtr[row + 1] = end;
    if (pacer.isDue(8 * itemCount)) await pacer.pause(row / itemCount);
  }
  const nonzeros = { columnIdx: columnIdx.slice(0, end), values: values.slice(0, end) };
  return { rowCount: itemCount, columnCount: itemCount, rowPtr, ...nonzeros };
}

/**
 * X^T X + lambda I, each entry summed in double precision: what ages is no whole number, and float32 would lose it.
 * @param gram zeros
 * @param matrix X, its columns distinct within a row
 * @throws TrainingImpossible; TrainingCancelled
 */
async function fillGram(gram: SymmetricMatrix, matrix: SparseMatrix, lambda: number, pacer: Pacer): Promise<void> {
  const itemCount = matrix.columnCount;
  const byItem = transpose(matrix);
  const sums = new Float64Array(itemCount);
  let greatest = 0;
  for (let item = 0; item < itemCount; item++) {
    let operations = itemCount;
    for (let slot = byItem.rowPtr[item]!; slot < byItem.rowPtr[item + 1]!; slot++) {
      const row = byItem.columnIdx[slot]!;
      const weight = byItem.values[slot]!;
      const end = matrix.rowPtr[row + 1]!;
      for (let other = matrix.rowPtr[row]!; other < end; other++) {
        const column = matrix.columnIdx[other]!;
        if (column >= item) sums[column] = sums[column]! + weight * matrix.values[other]!;
      }
      operations += end - matrix.rowPtr[row]!;
    }
    greatest = Math.max(greatest, sums[item]!);
    sums[item] = sums[item]! + lambda;
    for (let column = item; column < itemCount; column++) {
      if (sums[column] !== 0) gram.add(item, column, sums[column]!);
      sums[column] = 0;
    }
    if (pacer.isDue(operations)) await pacer.pause(item / itemCount);
  }
  if (lambda < LEAST_LAMBDA_SHARE * greatest) {
    // By powers of ten: more digits would tell how many people bought the most popular product.
    const least = 10 ** Math.ceil(Math.log10(LEAST_LAMBDA_SHARE * greatest));
    throw new TrainingImpossible(
      `The lambda of ${lambda} is lost beside how often the most popular product was bought: take ${least} or more.`,
    );
  }
}
