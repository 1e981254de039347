import { parseNumbers } from '../hyperparameters.ts';
import { Pacer, stageOf } from '../pacing.ts';
import type { SparseMatrix } from '../sparse-matrix.ts';
import { invertSymmetric } from '../symmetric-inverse.ts';
import { TopSelector } from '../top-selector.ts';
import type { TrainingContext, TrainingInput } from '../trainer.ts';
import { collectUserItems, MAX_ITEMS_PER_USER } from '../user-items.ts';
import { type HistoryReading, ItemWeightsRecommender } from './item-weights.ts';

export interface EaseHyperparameters extends HistoryReading {
  /** L2 regularisation: the more, the more alike to plain co-occurrence. */
  readonly lambda: number;
  /** Weights kept of each item's row, the strongest. */
  readonly weightsPerItem: number;
}

/** @throws InvalidHyperparameters */
export function parseEase(value: unknown): EaseHyperparameters {
  return parseNumbers(value, {
    lambda: { fallback: 300, minimum: 0.001, maximum: 1_000_000 },
    weightsPerItem: { fallback: 200, minimum: 1, maximum: 10_000, isInteger: true },
    recentItems: { fallback: 200, minimum: 1, maximum: 200, isInteger: true },
    decay: { fallback: 1, minimum: 0.01, maximum: 1 },
  });
}

/**
 * EASE (Steck, WWW 2019), cut to the strongest weights of each row.
 * @throws TrainingCancelled
 */
export async function trainEase(
  hyperparameters: EaseHyperparameters,
  input: TrainingInput,
  context: TrainingContext,
): Promise<ItemWeightsRecommender<'ease'>> {
  const dense = await solveEase(hyperparameters.lambda, input, stageOf(context, 0, 0.95));
  const pacer = new Pacer(stageOf(context, 0.95, 1), 'Keeping the strongest weights');
  const weights = await keepStrongest(dense, input.interactions.itemCount, hyperparameters.weightsPerItem, pacer);
  return new ItemWeightsRecommender('ease', weights, hyperparameters);
}

/**
 * The weights B minimising |X - XB|^2 + lambda |B|^2 with a zero diagonal: with P = (X^T X + lambda I)^-1,
 * B_ij = -P_ij / P_jj.
 * @returns B by rows, shape [itemCount x itemCount]; row i is what having i says of every other item
 * @throws TrainingCancelled
 */
export async function solveEase(
  lambda: number,
  { interactions }: TrainingInput,
  context: TrainingContext,
): Promise<Float32Array> {
  const { itemCount } = interactions;
  const weights = await gramOf(
    collectUserItems(interactions, MAX_ITEMS_PER_USER),
    lambda,
    new Pacer(stageOf(context, 0, 0.1), 'Gram matrix'),
  );
  await invertSymmetric(weights, itemCount, stageOf(context, 0.1, 0.95));
  const diagonal = Float32Array.from({ length: itemCount }, (_, item) => weights[item * itemCount + item]!);
  const pacer = new Pacer(stageOf(context, 0.95, 1), 'Weights from item to item');
  for (let row = 0; row < itemCount; row++) {
    const start = row * itemCount;
    for (let column = 0; column < itemCount; column++) {
      weights[start + column] = -weights[start + column]! / diagonal[column]!;
    }
    weights[start + row] = 0;
    if (pacer.isDue(itemCount)) await pacer.pause(row / itemCount);
  }
  return weights;
}

/**
 * The `count` weights of greatest absolute value of each row.
 * @throws TrainingCancelled
 */
export async function keepStrongest(
  dense: Float32Array,
  itemCount: number,
  count: number,
  pacer: Pacer,
): Promise<SparseMatrix> {
  const width = Math.min(count, Math.max(0, itemCount - 1));
  const rowPtr = new Int32Array(itemCount + 1);
  const columnIdx = new Int32Array(itemCount * width);
  const values = new Float32Array(itemCount * width);
  const selector = new TopSelector(width);
  let end = 0;
  for (let row = 0; row < itemCount; row++) {
    const start = row * itemCount;
    for (let column = 0; column < itemCount; column++) {
      const weight = dense[start + column]!;
      if (weight !== 0) selector.offer(column, Math.abs(weight));
    }
    const kept = columnIdx.subarray(end, end + selector.drain(columnIdx, undefined, end)).sort();
    for (const column of kept) values[end++] = dense[start + column]!;
    rowPtr[row + 1] = end;
    if (pacer.isDue(4 * itemCount)) await pacer.pause(row / itemCount);
  }
  const nonzeros = { columnIdx: columnIdx.slice(0, end), values: values.slice(0, end) };
  return { rowCount: itemCount, columnCount: itemCount, rowPtr, ...nonzeros };
}

/** X^T X + lambda I, shape [columns x columns]. */
async function gramOf(matrix: SparseMatrix, lambda: number, pacer: Pacer): Promise<Float32Array> {
  const { rowCount, columnCount, rowPtr, columnIdx, values } = matrix;
  const gram = new Float32Array(columnCount * columnCount);
  for (let row = 0; row < rowCount; row++) {
    const end = rowPtr[row + 1]!;
    for (let left = rowPtr[row]!; left < end; left++) {
      const start = columnIdx[left]! * columnCount;
      const value = values[left]!;
      for (let right = rowPtr[row]!; right < end; right++) {
        const cell = start + columnIdx[right]!;
        gram[cell] = gram[cell]! + value * values[right]!;
      }
    }
    if (pacer.isDue((end - rowPtr[row]!) ** 2)) await pacer.pause(row / rowCount);
  }
  for (let item = 0; item < columnCount; item++) {
    const cell = item * columnCount + item;
    gram[cell] = gram[cell]! + lambda;
  }
  return gram;
}
