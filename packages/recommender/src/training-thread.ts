import { workerData } from 'node:worker_threads';
import { encodeArtifact } from './artifact.ts';
import { evaluateRecommender } from './evaluation/evaluate.ts';
import { splitLatestItems } from './evaluation/latest-item.ts';
import type { EvaluationSplit } from './evaluation/split.ts';
import type { ServingModel } from './recommender.ts';
import { serveThread } from './serve-thread.ts';
import { trainModel } from './train-model.ts';
import type { Algorithm, TrainingInput } from './trainer.ts';

export interface TrainingThreadData {
  readonly algorithm: Algorithm;
  readonly hyperparameters: unknown;
  readonly input: TrainingInput;
  readonly seed: number;
  readonly threads: number;
  readonly cancelFlag: Int32Array;
}

export interface TrainingThreadResult {
  /** The artifact. */
  readonly bytes: Uint8Array;
  readonly metrics: Readonly<Record<string, number>>;
}

const HELD_OUT = { sampleSize: 500, minimumUsersPerSample: 5 };
const LIST_LENGTH = 20;

const { algorithm, hyperparameters, input, ...context } = workerData as TrainingThreadData;

await serveThread(async (report): Promise<TrainingThreadResult> => {
  const split = splitLatestItems(input.interactions, { ...HELD_OUT, seed: context.seed });
  const trained = split ? { ...input, interactions: split.training } : input;
  const model = await trainModel(algorithm, hyperparameters, trained, { ...context, ...report });
  return { metrics: split ? measure(model, split) : {}, bytes: encodeArtifact(model) };
});

/** The model's figures and, to hold them against, those of recommending the same popular items to everyone. */
function measure(model: ServingModel, split: EvaluationSplit): Record<string, number> {
  const options = { cutoffs: [LIST_LENGTH], seed: context.seed };
  const own = evaluateRecommender(model.recommender, split, options);
  const popular = { scoreItems: (_history: unknown, out: Float32Array) => out.set(model.popularity) };
  const yardstick = evaluateRecommender(popular, split, options);
  const figures: Record<string, number> = {};
  for (const name of ['ndcg', 'recall', 'coverage'].map((metric) => `${metric}@${LIST_LENGTH}`)) {
    figures[name] = own[name]!;
    figures[`popularity ${name}`] = yardstick[name]!;
  }
  return figures;
}
