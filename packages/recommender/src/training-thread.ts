import { parentPort, workerData } from 'node:worker_threads';
import { encodeArtifact } from './artifact.ts';
import { evaluateRecommender } from './evaluation/evaluate.ts';
import { splitLatestItems } from './evaluation/latest-item.ts';
import type { EvaluationSplit } from './evaluation/split.ts';
import type { ServingModel } from './recommender.ts';
import { trainModel } from './train-model.ts';
import { type Algorithm, InvalidHyperparameters, type TrainingInput } from './trainer.ts';

export interface TrainingThreadData {
  readonly algorithm: Algorithm;
  readonly hyperparameters: unknown;
  readonly input: TrainingInput;
  readonly seed: number;
  readonly threads: number;
  readonly cancelFlag: Int32Array;
}

export type TrainingThreadMessage =
  | { readonly kind: 'progress'; readonly fraction: number; readonly message: string }
  | { readonly kind: 'point'; readonly name: string; readonly step: number; readonly value: number }
  | { readonly kind: 'trained'; readonly artifact: Uint8Array; readonly metrics: Readonly<Record<string, number>> }
  /** An error loses its class on the way between threads. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly name: string; readonly path?: string };

const HELD_OUT = { sampleSize: 500, minimumUsersPerSample: 5 };
const LIST_LENGTH = 20;

const { algorithm, hyperparameters, input, ...context } = workerData as TrainingThreadData;
const send = (message: TrainingThreadMessage, transfer: ArrayBuffer[] = []) =>
  parentPort!.postMessage(message, transfer);

try {
  const split = splitLatestItems(input.interactions, { ...HELD_OUT, seed: context.seed });
  const trained = split ? { ...input, interactions: split.training } : input;
  const model = await trainModel(algorithm, hyperparameters, trained, {
    ...context,
    onProgress: (fraction, message) => send({ kind: 'progress', fraction, message }),
    onPoint: (name, step, value) => send({ kind: 'point', name, step, value }),
  });
  const metrics = split ? measure(model, split) : {};
  const artifact = encodeArtifact(model);
  send({ kind: 'trained', artifact, metrics }, artifact.buffer instanceof ArrayBuffer ? [artifact.buffer] : []);
} catch (error) {
  const name = error instanceof Error ? error.name : 'Error';
  send({ kind: 'failed', error, name, ...(error instanceof InvalidHyperparameters ? { path: error.path } : {}) });
}

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
