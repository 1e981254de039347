import { availableParallelism } from 'node:os';
import {
  type Algorithm,
  type EvaluationSplit,
  evaluateRecommender,
  type HyperparameterValues,
  type Scorer,
  type TrainedScorers,
  trainScorers,
} from '@sotto/recommender/evaluation';
import type { ReportProgress } from '../../terminal.ts';
import type { Dataset } from './dataset.ts';

/** One line of the result, as --json prints it. */
export interface EvaluationRow {
  readonly dataset: string;
  readonly model: string;
  readonly protocol: string;
  /** Of each release that the model learned from, alone. Null: it learned without noise. */
  readonly epsilon: number | null;
  readonly seed: number;
  /** `ndcg@10` and the like; with `served:` before it, of what the gateway serves of the model, where that is less. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Models whose training draws at random: only these train anew for another seed. */
const SEEDED_MODELS: ReadonlySet<Algorithm> = new Set<Algorithm>(['ials']);

/** Trains a model and measures it for every seed. */
export async function measureModel(
  dataset: Dataset,
  split: EvaluationSplit,
  model: { readonly algorithm: Algorithm; readonly hyperparameters: HyperparameterValues },
  seeds: number,
  report: ReportProgress,
): Promise<EvaluationRow[]> {
  const { algorithm, hyperparameters } = model;
  const rows: EvaluationRow[] = [];
  let trained: { readonly scorers: TrainedScorers; readonly seconds: number } | undefined;
  for (let seed = 1; seed <= seeds; seed++) {
    if (trained === undefined || SEEDED_MODELS.has(algorithm)) {
      const startedAt = performance.now();
      const scorers = await trainScorers(algorithm, hyperparameters, toInput(split), toContext(seed, report));
      trained = { scorers, seconds: secondsSince(startedAt) };
    }
    report('Ranking the catalogue for every user');
    const startedAt = performance.now();
    const metrics = measureScorers(dataset, split, trained.scorers, seed);
    const seconds = trained.seconds + secondsSince(startedAt);
    rows.push({
      dataset: dataset.name,
      model: algorithm,
      protocol: split.protocol,
      epsilon: null,
      seed,
      metrics,
      seconds,
    });
  }
  return rows;
}

/** Ranks the catalogue for every user of the split. */
export function measureScorer(dataset: Dataset, split: EvaluationSplit, scorer: Scorer, seed: number) {
  return evaluateRecommender(scorer, split, { cutoffs: dataset.cutoffs, seed });
}

function measureScorers(dataset: Dataset, split: EvaluationSplit, { full, served }: TrainedScorers, seed: number) {
  const measure = (scorer: Scorer) => measureScorer(dataset, split, scorer, seed);
  const metrics = measure(full);
  if (served === undefined) return metrics;
  const ofServed = Object.entries(measure(served)).map(([name, value]) => [`served:${name}`, value]);
  return { ...metrics, ...Object.fromEntries(ofServed) };
}

function toInput({ training, now }: EvaluationSplit) {
  return {
    interactions: training,
    productIds: Int32Array.from({ length: training.itemCount }, (_, item) => item),
    now,
  };
}

export function toContext(seed: number, report: ReportProgress) {
  return {
    seed,
    threads: availableParallelism(),
    cancelFlag: new Int32Array(new SharedArrayBuffer(4)),
    onProgress: (fraction: number, message: string) => report(message, fraction),
    onPoint: () => undefined,
  };
}

export function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}
