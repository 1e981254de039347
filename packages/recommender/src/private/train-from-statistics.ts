import { DenseProducts } from '../kernels/dense.ts';
import { openKernelPool } from '../kernels/pool.ts';
import { SymmetricMatrix } from '../kernels/symmetric-matrix.ts';
import { ItemFactorsRecommender } from '../models/item-factors.ts';
import { PopularityRecommender } from '../models/popularity.ts';
import { stageOf, throwIfCancelled } from '../pacing.ts';
import type { Recommender, ServingModel } from '../recommender.ts';
import type { SparseMatrix } from '../sparse-matrix.ts';
import type { StatisticAlgorithm, TrainingContext } from '../trainer.ts';
import { blendContent } from './blend-content.ts';
import { createContentBasis, MAX_FEATURES } from './content-basis.ts';
import { type CatalogueContent, describeItems, numberCategories, similarityFeatures } from './content-features.ts';
import { denoiseCoOccurrence, REST_DIRECTIONS } from './denoise.ts';
import { solveFactoredEase } from './ease-factors.ts';
import { derivePrivateCompanions, type ItemSpectrum } from './item-companions.ts';
import { mergeStatistics } from './merge-statistics.ts';
import { packedRowStart } from './packed-triangle.ts';
import { estimatePopularity, fillUnknownInterest, type PopularityEstimate } from './popularity-estimate.ts';
import { type PrivateEaseHyperparameters, parsePrivateEase, parsePrivatePopularity } from './private-ease.ts';
import type { ReleasedStatistic } from './released-statistic.ts';

/** All that a private model is trained from: releases, and what is public. */
export interface StatisticTrainingInput {
  /** Oldest first, at least one. */
  readonly statistics: readonly ReleasedStatistic[];
  /** What the catalogue says of the products, in the order of `productIds`. */
  readonly catalogue: CatalogueContent;
  /** The catalogue to be served. Shape [itemCount]. */
  readonly productIds: Int32Array;
}

export interface StatisticTrainingResult {
  readonly model: ServingModel;
  /** Dimensions of taste over the edge of the noise. With none the model is the fallback: content and popularity. */
  readonly personalDimensions: number;
}

/**
 * Trains what one model version serves from released statistics: post-processing, which costs nothing however often it is
 * done. The statistics are averaged, denoised with the catalogue's help and solved for.
 * @throws InvalidHyperparameters before any work is done
 * @throws TrainingImpossible; TrainingCancelled
 */
export async function trainFromStatistics(
  algorithm: StatisticAlgorithm,
  hyperparameters: unknown,
  input: StatisticTrainingInput,
  context: TrainingContext,
): Promise<StatisticTrainingResult> {
  const settings =
    algorithm === 'private-ease'
      ? { algorithm, ...parsePrivateEase(hyperparameters) }
      : { algorithm, ...parsePrivatePopularity(hyperparameters) };
  throwIfCancelled(context);
  const { catalogue, productIds } = input;
  checkLengths(catalogue, productIds.length);
  const categories = numberCategories(catalogue);
  const statistic = completeStatistic(mergeStatistics(input.statistics, productIds, settings), input, categories);
  const estimate = estimatePopularity(statistic, categories);
  // The neighbours of a popularity model come from as many dimensions as those of the default EASE.
  const rank = settings.algorithm === 'private-ease' ? settings.rank : parsePrivateEase(undefined).rank;
  const denoising = stageOf(context, 0.05, 0.75);
  const { spectrum, personalDimensions } = await denoise(statistic, estimate, catalogue, rank, denoising);
  const recommender: Recommender =
    settings.algorithm === 'private-ease'
      ? solve(spectrum, estimate, similarityFeatures(catalogue), settings, personalDimensions)
      : new PopularityRecommender(scoreByPopularity(estimate, settings.trendExponent), 'private-popularity');
  const companions = await derivePrivateCompanions(spectrum, estimate, categories, stageOf(context, 0.8, 1));
  context.onProgress(1, 'Trained');
  return { model: { algorithm, productIds, recommender, ...companions }, personalDimensions };
}

/** With interest of products that came after the newest release. */
function completeStatistic(
  merged: ReleasedStatistic,
  { statistics, productIds }: StatisticTrainingInput,
  categories: Int32Array,
): ReleasedStatistic {
  const known = new Set(statistics.at(-1)!.productIds);
  const isKnown = Uint8Array.from(productIds, (product) => (known.has(product) ? 1 : 0));
  const interest = fillUnknownInterest(merged.interest, isKnown, categories);
  return { ...merged, interest, recentInterest: fillUnknownInterest(merged.recentInterest, isKnown, categories) };
}

function checkLengths(catalogue: CatalogueContent, itemCount: number): void {
  for (const [name, values] of Object.entries(catalogue)) {
    if (values.length !== itemCount)
      throw new RangeError(`The catalogue has ${values.length} ${name} for ${itemCount} items.`);
  }
}

/** The denoised co-occurrence of every item: of the head as measured, of the tail by its content. */
async function denoise(
  statistic: ReleasedStatistic,
  { popularity }: PopularityEstimate,
  catalogue: CatalogueContent,
  maxRank: number,
  context: TrainingContext,
): Promise<{ readonly spectrum: ItemSpectrum; readonly personalDimensions: number }> {
  const { head, productIds, deviations } = statistic;
  const itemCount = productIds.length;
  if (head.length === 0) {
    const nothing = { itemCount, eigenvalues: new Float64Array(0), vectors: new Float64Array(0) };
    return { spectrum: nothing, personalDimensions: 0 };
  }
  const pool = await openKernelPool(context);
  try {
    const products = new DenseProducts(pool, head.length, Math.max(MAX_FEATURES, 2 * REST_DIRECTIONS, maxRank));
    const basis = createContentBasis(describeItems(catalogue), popularity, head, products);
    const matrix = new SymmetricMatrix(pool, head.length);
    fillMatrix(matrix, statistic);
    const deviation = deviations.diagonal * Math.SQRT1_2;
    const denoised = await denoiseCoOccurrence(products, matrix, basis, { deviation, maxRank }, context);
    const rank = denoised.eigenvalues.length;
    const vectors = new Float64Array(itemCount * rank);
    const row = new Float64Array(basis.rank);
    for (let item = 0; item < itemCount; item++) {
      basis.readRow(item, row);
      for (let i = 0; i < basis.rank; i++) {
        const value = row[i]!;
        if (value === 0) continue;
        for (let k = 0; k < rank; k++) {
          vectors[item * rank + k] = vectors[item * rank + k]! + value * denoised.contentPart[i * rank + k]!;
        }
      }
    }
    for (const [place, item] of head.entries()) {
      vectors.set(denoised.vectors.subarray(place * rank, (place + 1) * rank), item * rank);
    }
    return {
      spectrum: { itemCount, eigenvalues: denoised.eigenvalues, vectors },
      personalDimensions: denoised.personalDimensions,
    };
  } finally {
    await pool.close();
  }
}

function fillMatrix(matrix: SymmetricMatrix, { head, coOccurrence }: ReleasedStatistic): void {
  const order = head.length;
  for (let row = 0; row < order; row++) {
    const start = packedRowStart(order, row) - row;
    for (let column = row + 1; column < order; column++) matrix.add(row, column, coOccurrence[start + column]!);
  }
}

function solve(
  { itemCount, eigenvalues, vectors }: ItemSpectrum,
  { popularity, trend }: PopularityEstimate,
  features: SparseMatrix,
  settings: PrivateEaseHyperparameters,
  personalDimensions: number,
): ItemFactorsRecommender<'private-ease'> {
  const { residualShare, residualExponent, popularityExponent, trendExponent } = settings;
  const usual = Math.exp(popularity.reduce((sum, value) => sum + Math.log(value), 0) / Math.max(1, itemCount));
  const diagonal = popularity.map((value) => residualShare * usual * (value / usual) ** residualExponent);
  const scales = popularity.map(
    (value, item) => (value / usual) ** -popularityExponent * trend[item]! ** trendExponent,
  );
  const factors = solveFactoredEase({ itemCount, eigenvalues, vectors, diagonal }, scales);
  const { contentWeight } = settings;
  const content = blendContent({ factors, features, popularity, scales, contentWeight, personalDimensions });
  return new ItemFactorsRecommender('private-ease', factors, content, settings, personalDimensions);
}

function scoreByPopularity({ popularity, trend }: PopularityEstimate, trendExponent: number): Float32Array {
  const scores = popularity.map((value, item) => value * trend[item]! ** trendExponent);
  const greatest = scores.reduce((left, right) => Math.max(left, right), 0);
  return Float32Array.from(scores, (score) => (greatest > 0 ? score / greatest : 0));
}
