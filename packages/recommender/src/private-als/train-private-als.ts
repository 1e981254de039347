import { PrivacyParameterError } from '@sotto/privacy';
import { openKernelPool } from '../kernels/pool.ts';
import { ContentWeights } from '../models/content-weights.ts';
import { stageOf, throwIfCancelled } from '../pacing.ts';
import { type AccountItems, boundAccountItems } from '../private/account-items.ts';
import {
  type CatalogueContent,
  describeItems,
  emptyContent,
  numberCategories,
  similarityFeatures,
} from '../private/content-features.ts';
import { createRandom } from '../random.ts';
import type { ServingModel } from '../recommender.ts';
import type { SparseMatrix } from '../sparse-matrix.ts';
import type { TrainingContext, TrainingInput } from '../trainer.ts';
import { AccountSolver } from './account-solver.ts';
import { UNITS } from './account-sums.ts';
import { findPrincipalAxes, type PrincipalAxes, removeDirection } from './axes.ts';
import { deriveCompanions } from './factor-companions.ts';
import { ItemPrior } from './item-prior.ts';
import { drawNoise } from './noise.ts';
import { type PrivateAlsHyperparameters, type PrivateAlsPlan, readPlannedVariances } from './plan.ts';
import { PrivateIalsRecommender } from './private-ials.ts';
import { type ReleasedInterest, releaseInterest } from './release-interest.ts';
import { measureTaste, type TasteSignal } from './signal.ts';

const TRAINED = 0.9;
/** Power of an item's private popularity that its content counts with. Chosen, as what follows, on shops of other seeds. */
const CONTENT_POPULARITY_EXPONENT = 0.5;
/** The same of its trend, of which content knows nothing by itself. */
const CONTENT_TREND_EXPONENT = 0.8;

export interface PrivateAlsInput extends TrainingInput {
  /** What the catalogue tells of the items, in their order: public, and the better prior the smaller the shop. */
  readonly catalogue?: CatalogueContent | undefined;
}

export interface PrivateIalsModel extends ServingModel {
  readonly algorithm: 'private-ials';
  readonly recommender: PrivateIalsRecommender;
}

/**
 * User-level private implicit ALS (Chien et al. 2021): item factors are released with noise in a fixed number of steps, user
 * factors never. Each step solves every account's factors from its own items and the released factors, bounds them, and
 * releases the sums over accounts of item times factors (account-sums.ts has the bound and its proof). To be called once
 * for a plan that was paid for: training again and choosing is not private. Progress tells the step, nothing of accounts.
 *
 * The least squares of the items would be V = B inverse(U'U + lambda I), with B the sums. Of V the next step and the model
 * read the column space alone, made orthonormal, and that is B's own: so U'U is not released, and B gets its share.
 * Popularity is released first, and its direction is taken out of B before each step. Else it would be the only direction
 * that accounts have in common, and they would all spend their norm on it.
 * @param input the accounts that may be learned from; `productIds` is the whole catalogue
 * @throws PrivacyParameterError when the plan is not of this mechanism or catalogue; TrainingCancelled
 */
export async function trainPrivateAls(
  input: PrivateAlsInput,
  plan: PrivateAlsPlan,
  context: TrainingContext,
): Promise<PrivateIalsModel> {
  const { interactions, productIds, catalogue = emptyContent(productIds.length) } = input;
  readPlannedVariances(plan);
  if (plan.itemCount !== interactions.itemCount || plan.itemCount !== productIds.length)
    throw new PrivacyParameterError('itemCount', 'is not that of the catalogue');
  throwIfCancelled(context);
  const { hyperparameters } = plan;
  const { rank, regularization, recentItems, decay } = hyperparameters;
  const accounts = boundAccountItems(interactions, { maxItems: hyperparameters.maxItemsPerAccount });
  const interest = await releaseInterest(accounts, input, plan, catalogue, context);
  const prior = new ItemPrior(plan.itemCount, describeItems(catalogue));
  const { factors, signal } = await releaseFactors(accounts, plan, prior, interest, stageOf(context, 0, TRAINED));
  const features = similarityFeatures(catalogue);
  const { trends, content } = weighItems(features, interest, hyperparameters);
  // Without a catalogue there is nothing to fall back on but the factors, of which popularity is one.
  const weights = {
    learned: features.columnIdx.length === 0 ? 1 : signal.taste,
    content: hyperparameters.contentWeight,
  };
  const recommender = new PrivateIalsRecommender(
    { factors: { itemCount: plan.itemCount, rank, factors }, trends, content, weights, isPersonal: signal.isCertain },
    { unobservedWeight: 1e-6, regularization, regularizationExponent: 0, recentItems, decay },
  );
  const sources = { rank, factors, features, content, categories: numberCategories(catalogue), weights };
  const companions = await deriveCompanions(sources, interest, stageOf(context, TRAINED, 1));
  context.onProgress(1, 'Trained');
  return { algorithm: 'private-ials', productIds, recommender, ...companions };
}

/**
 * What items' scores are multiplied by: an item's trend, and for what its content says its popularity too, each to the power
 * that it deserves as far as it is signal.
 */
function weighItems(
  features: SparseMatrix,
  { popularity, trend, signal }: ReleasedInterest,
  { trendExponent }: PrivateAlsHyperparameters,
): { readonly trends: Float32Array; readonly content: ContentWeights } {
  const popularityExponent = CONTENT_POPULARITY_EXPONENT * signal.popularity;
  const contentTrendExponent = CONTENT_TREND_EXPONENT * signal.trend;
  const scales = Float32Array.from(
    popularity,
    (value, item) => value ** popularityExponent * trend[item]! ** contentTrendExponent,
  );
  return {
    trends: Float32Array.from(trend, (value) => value ** (trendExponent * signal.trend)),
    content: new ContentWeights(features, scales),
  };
}

/** @returns factors as they are served, and how far the last release stood over its noise */
async function releaseFactors(
  accounts: AccountItems,
  plan: PrivateAlsPlan,
  prior: ItemPrior,
  { popularity, isMeasured }: ReleasedInterest,
  context: TrainingContext,
): Promise<{ readonly factors: Float32Array; readonly signal: TasteSignal }> {
  const { iterations, hyperparameters } = plan;
  const { rank } = hyperparameters;
  const variances = readPlannedVariances(plan);
  const direction = normalize(popularity);
  const deviation = Math.sqrt(Number(variances.itemSums)) / UNITS ** 2;
  const pool = await openKernelPool(context);
  try {
    const solver = new AccountSolver(pool, accounts, hyperparameters);
    let factors = prior.draw(rank, createRandom(context.seed));
    let signal: TasteSignal = { taste: 0, isCertain: false };
    for (let iteration = 0; iteration < iterations; iteration++) {
      removeDirection(factors, rank, direction);
      const sums = await solver.sumFactors(findPrincipalAxes(factors, rank));
      const noisy = (await drawNoise(sums, variances.itemSums, context)).map((sum) => sum / UNITS ** 2);
      signal = measureTaste(noisy, deviation);
      factors = prior.denoise(noisy, rank, deviation ** 2, isMeasured);
      context.onProgress((iteration + 1) / iterations, `Release ${iteration + 1} of ${iterations}`);
    }
    removeDirection(factors, rank, direction);
    return { factors: toServedFactors(findPrincipalAxes(factors, rank), direction, hyperparameters), signal };
  } finally {
    await pool.close();
  }
}

/** Popularity as the first column, the longest axes of taste as the others, of mean squared row norm about 1. */
function toServedFactors(
  { vectors, lengths, rowCount }: PrincipalAxes,
  direction: Float64Array,
  { rank, popularityWeight, axisExponent }: PrivateAlsHyperparameters,
): Float32Array {
  const scale = Math.sqrt(rowCount / rank);
  const weights = lengths.map((length) => (length > 0 ? scale * (length / lengths[0]!) ** axisExponent : 0));
  const factors = new Float32Array(rowCount * rank);
  for (let item = 0, at = 0; item < rowCount; item++) {
    factors[at++] = scale * popularityWeight * direction[item]!;
    for (let axis = 0; axis < rank - 1; axis++) factors[at++] = weights[axis]! * vectors[item * rank + axis]!;
  }
  return factors;
}

function normalize(values: Float64Array): Float64Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / norm);
}
