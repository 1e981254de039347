import { expect, it } from 'vitest';
import { decodeArtifact } from './artifact.ts';
import { createRandom } from './random.ts';
import { createCheckerboard, NOW, toInteractions } from './testing/checkerboard.ts';
import { trainInThread } from './train-in-thread.ts';
import {
  type Algorithm,
  InvalidHyperparameters,
  TrainingCancelled,
  TrainingImpossible,
  type TrainingInput,
} from './trainer.ts';

const checkerboard = createCheckerboard(20);
const small: TrainingInput = {
  interactions: checkerboard,
  productIds: Int32Array.from({ length: 20 }, (_, i) => i),
  now: NOW,
};

function train(input: TrainingInput, algorithm: Algorithm = 'item-cosine', hyperparameters: unknown = {}) {
  const fractions: number[] = [];
  const result = trainInThread(algorithm, hyperparameters, input, {
    seed: 1,
    threads: 1,
    signal: new AbortController().signal,
    onProgress: (fraction) => fractions.push(fraction),
    onPoint: () => undefined,
  });
  return { result, fractions };
}

it('gives an artifact that serves, and tells how far it is', async () => {
  const { result, fractions } = train(small);
  const { artifact, metrics } = await result;
  expect(decodeArtifact(artifact)).toMatchObject({ algorithm: 'item-cosine', productIds: small.productIds });
  expect(fractions.at(-1)).toBe(1);
  expect(metrics).toEqual({}); // too few users to keep any back
});

it('measures by what it kept back from the training', async () => {
  const random = createRandom(3);
  const even = () => 2 * Math.floor(random() * 50);
  const users = Array.from({ length: 3_000 }, (_, user) => {
    const items = new Set(Array.from({ length: 12 }, even));
    return [...items].map((item, index) => ({ item: item + (user % 2), time: NOW - 1_000 + index }));
  });
  const productIds = Int32Array.from({ length: 100 }, (_, item) => item);
  const { metrics } = await train({ interactions: toInteractions(users, 100), productIds, now: NOW }).result;
  // A user's next item is one of 38 or so of its own colour, and a model that learned nothing else knows the colour.
  expect(metrics['recall@20']).toBeGreaterThan(0.4);
  expect(metrics['recall@20']! * 500).toBeCloseTo(Math.round(metrics['recall@20']! * 500), 6);
  expect(metrics['popularity recall@20']).toBeLessThan(0.35);
});

it('keeps the class of an expected error across the thread', async () => {
  const failed = train(small, 'popularity', { halfLifeDays: 0 }).result;
  await expect(failed).rejects.toBeInstanceOf(InvalidHyperparameters);
  await expect(failed).rejects.toMatchObject({ path: 'halfLifeDays' });
  const many = { interactions: toInteractions([], 50_000), productIds: new Int32Array(50_000), now: NOW };
  const impossible = train(many, 'ease').result;
  await expect(impossible).rejects.toBeInstanceOf(TrainingImpossible);
  await expect(impossible).rejects.toThrow('EASE takes up to');
});

it('is cancelled while it trains, and before it begins', async () => {
  const large = { ...small, interactions: createCheckerboard(800), productIds: new Int32Array(800) };
  const cancellation = new AbortController();
  const options = { seed: 1, threads: 1, onProgress: () => cancellation.abort(), onPoint: () => undefined };
  const { signal } = cancellation;
  await expect(trainInThread('ease', {}, large, { ...options, signal })).rejects.toBeInstanceOf(TrainingCancelled);
  expect(signal.aborted).toBe(true);
  await expect(trainInThread('ease', {}, small, { ...options, signal })).rejects.toBeInstanceOf(TrainingCancelled);
});
