import {
  type EvaluationSplit,
  type HyperparameterValues,
  type PrivateAlgorithm,
  type PrivateEvaluation,
  releaseForEvaluation,
  type Scorer,
  trainAlsForEvaluation,
  trainForEvaluation,
} from '@sotto/recommender/evaluation';
import type { ReportProgress } from '../../terminal.ts';
import type { Dataset } from './dataset.ts';
import { type EvaluationRow, measureScorer, secondsSince, toContext } from './measure.ts';

/** What "inf" stands for: the most that can be planned, at which the noise hides nothing. */
const NOISELESS_EPSILON = '1000';

export interface PrivateTraining {
  readonly algorithm: PrivateAlgorithm;
  readonly hyperparameters: HyperparameterValues;
  /** An exact decimal of each release, or "inf". */
  readonly epsilon: string;
  readonly releases: number;
}

/**
 * Releases, trains and measures for every seed. The seeds are of the model and of the order among equal scores; noise has
 * none and is drawn anew each time, so several seeds show its spread.
 */
export async function measurePrivateModel(
  dataset: Dataset,
  split: EvaluationSplit,
  training: PrivateTraining,
  seeds: number,
  report: ReportProgress,
): Promise<EvaluationRow[]> {
  const { algorithm, epsilon, releases } = training;
  const rows: EvaluationRow[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const startedAt = performance.now();
    const scorer = await trainScorer(dataset, split, training, seed, report);
    report('Ranking the catalogue for every user');
    rows.push({
      dataset: dataset.name,
      model: algorithm,
      protocol: releases === 1 ? split.protocol : `${split.protocol}, mean of ${releases} weekly releases`,
      epsilon: epsilon === 'inf' ? null : Number(epsilon),
      seed,
      metrics: measureScorer(dataset, split, scorer, seed),
      seconds: secondsSince(startedAt),
    });
  }
  return rows;
}

async function trainScorer(
  { catalogue }: Dataset,
  split: EvaluationSplit,
  { algorithm, hyperparameters, epsilon, releases }: PrivateTraining,
  seed: number,
  report: ReportProgress,
): Promise<Scorer> {
  const evaluation: PrivateEvaluation = {
    split,
    catalogue,
    epsilon: epsilon === 'inf' ? NOISELESS_EPSILON : epsilon,
  };
  const context = toContext(seed, report);
  if (algorithm === 'private-ials') return trainAlsForEvaluation(hyperparameters, evaluation, context);
  const statistics = await releaseForEvaluation(evaluation, releases, context);
  const trained = await trainForEvaluation(algorithm, hyperparameters, statistics, evaluation, context);
  report(
    trained.personalDimensions === 0
      ? 'No taste stands over the noise: content and popularity alone'
      : `${trained.personalDimensions} dimensions of taste stand over the noise`,
  );
  return trained.recommender;
}
