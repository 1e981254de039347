import type { CatalogueContent } from '../private/content-features.ts';
import { releaseStatistic } from '../private/release-statistic.ts';
import type { ReleasedStatistic } from '../private/released-statistic.ts';
import { planStatistic } from '../private/statistic-plan.ts';
import { trainFromStatistics } from '../private/train-from-statistics.ts';
import { planPrivateAls } from '../private-als/plan.ts';
import { trainPrivateAls } from '../private-als/train-private-als.ts';
import type { Recommender } from '../recommender.ts';
import type { StatisticAlgorithm, TrainingContext } from '../trainer.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import type { EvaluationSplit } from './split.ts';
import { logOf } from './time-split.ts';

/** The delta of every evaluated release, as the ledger's default cohort has. */
export const EVALUATED_DELTA = '0.000001';
/** Refreshes are a week apart, the last at the moment of the questions. */
const REFRESH_DAYS = 7;

export interface PrivateEvaluation {
  readonly split: EvaluationSplit;
  readonly catalogue: CatalogueContent;
  /** Of each release, alone: an exact decimal. */
  readonly epsilon: string;
}

/**
 * Releases statistics of the training part as a shop would that refreshes weekly, each of all that was known then.
 * @param releases how many, each at `epsilon`
 * @returns oldest first
 */
export async function releaseForEvaluation(
  { split, epsilon }: PrivateEvaluation,
  releases: number,
  context: TrainingContext,
): Promise<ReleasedStatistic[]> {
  const { training, now } = split;
  const log = logOf(training);
  const productIds = toProductIds(training.itemCount);
  const statistics: ReleasedStatistic[] = [];
  for (let age = releases - 1; age >= 0; age--) {
    const moment = now - age * REFRESH_DAYS * SECONDS_PER_DAY;
    const interactions = age === 0 ? training : log.before(moment);
    const plan = planStatistic({ epsilon, delta: EVALUATED_DELTA, productIds, previous: statistics.at(-1) });
    statistics.push(await releaseStatistic({ interactions, productIds, now: moment }, plan, context));
  }
  return statistics;
}

/** The personal recommender of released statistics, and the dimensions of taste that it could tell from noise. */
export async function trainForEvaluation(
  algorithm: StatisticAlgorithm,
  hyperparameters: unknown,
  statistics: readonly ReleasedStatistic[],
  { split, catalogue }: PrivateEvaluation,
  context: TrainingContext,
): Promise<{ readonly recommender: Recommender; readonly personalDimensions: number }> {
  const input = { statistics, catalogue, productIds: toProductIds(split.training.itemCount) };
  const { model, personalDimensions } = await trainFromStatistics(algorithm, hyperparameters, input, context);
  return { recommender: model.recommender, personalDimensions };
}

/** One release of private ALS: it learns from rows, not from stored statistics. */
export async function trainAlsForEvaluation(
  hyperparameters: unknown,
  { split, catalogue, epsilon }: PrivateEvaluation,
  context: TrainingContext,
): Promise<Recommender> {
  const { training: interactions, now } = split;
  const { itemCount } = interactions;
  const plan = planPrivateAls({ epsilon, delta: EVALUATED_DELTA, itemCount, hyperparameters });
  const productIds = toProductIds(itemCount);
  return (await trainPrivateAls({ interactions, productIds, now, catalogue }, plan, context)).recommender;
}

function toProductIds(itemCount: number): Int32Array {
  return Int32Array.from({ length: itemCount }, (_, item) => item);
}
