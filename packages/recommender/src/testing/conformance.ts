import { describe, expect, it } from 'vitest';
import { decodeArtifact, encodeArtifact } from '../artifact.ts';
import type { History } from '../interactions.ts';
import type { ServingModel } from '../recommender.ts';
import { trainModel } from '../train-model.ts';
import { type Algorithm, TrainingCancelled, type TrainingContext, type TrainingInput } from '../trainer.ts';
import { createCheckerboard, createContext, NOW, type Row, toHistory, toInteractions } from './checkerboard.ts';

interface ModelPromises {
  /** Whether the history matters at all. */
  readonly isPersonal: boolean;
  /** Whether a newer item of the history tells more than an older one. */
  readonly isRecencySensitive: boolean;
  /** Trained with noise that no seed gives again, so small that it hides nothing here; false unless told. */
  readonly isNoisy?: boolean;
}

/** A model that `trainModel` trains, or one with a training of its own. */
export type ModelUnderTest = ModelPromises &
  (
    | { readonly algorithm: Algorithm; readonly hyperparameters: Readonly<Record<string, number>> }
    | {
        readonly algorithm: string;
        readonly train: (input: TrainingInput, context: TrainingContext) => Promise<ServingModel>;
      }
  );

const SIZE = 40;

/** What every model promises, whatever its method. */
export function describeConformance(model: ModelUnderTest): void {
  const { algorithm, isPersonal, isRecencySensitive, isNoisy = false } = model;
  const input = toInput(createCheckerboard(SIZE));
  const trainOn = (given: TrainingInput, context: TrainingContext) =>
    'train' in model ? model.train(given, context) : trainModel(model.algorithm, model.hyperparameters, given, context);
  const train = (seed = 1) => trainOn(input, createContext(seed));

  const itIfPersonal = (name: string, test: () => Promise<void>) => {
    if (isPersonal) it(name, test);
  };

  describe(`${algorithm} conforms`, () => {
    itIfPersonal("recovers the checkerboard's withheld items", async () => {
      const trained = await train();
      for (let user = 0; user < SIZE; user++) {
        const history = historyOf(input, user);
        expect(bestOf(score(trained, history), history)).toBe(user);
      }
    });

    it(isNoisy ? 'gives scores of its own at each training' : 'gives the same scores for the same seed', async () => {
      const history = historyOf(input, 3);
      const [first, second] = [score(await train(7), history), score(await train(7), history)];
      if (isNoisy) expect(first).not.toEqual(second);
      else expect(first).toEqual(second);
    });

    itIfPersonal('says nothing without a history', async () => {
      expect(score(await train(), toHistory([]))).toEqual(new Float32Array(SIZE));
    });

    itIfPersonal('says nothing of items it does not know, and passes them over', async () => {
      const trained = await train();
      const unknown = { item: SIZE + 5, time: NOW };
      expect(score(trained, toHistory([unknown]))).toEqual(new Float32Array(SIZE));
      expect(trained.recommender.explain(toHistory([unknown]), 3)).toBe(-1);
      const known = [2, 4].map((item) => ({ item, time: NOW }));
      expect(score(trained, toHistory([...known, unknown]))).toEqual(score(trained, toHistory(known)));
    });

    it('overwrites the scores of the call before', async () => {
      const trained = await train();
      const scores = new Float32Array(SIZE).fill(Number.NaN);
      trained.recommender.scoreItems(historyOf(input, 0), scores);
      const first = scores.slice();
      trained.recommender.scoreItems(historyOf(input, 1), scores);
      trained.recommender.scoreItems(historyOf(input, 0), scores);
      expect(scores).toEqual(first);
      expect(scores.every(Number.isFinite)).toBe(true);
    });

    it('keeps its scores and statistics in an artifact', async () => {
      const trained = await train();
      const opened = decodeArtifact(encodeArtifact(trained));
      const history = historyOf(input, 5);
      expect(score(opened, history)).toEqual(score(trained, history));
      expect(opened.recommender.explain(history, 5)).toBe(trained.recommender.explain(history, 5));
      const { recommender: _, ...statistics } = trained;
      expect(opened).toMatchObject(statistics);
    });

    itIfPersonal('explains an item by the row that led to it', async () => {
      const trained = await train();
      const rows = [1, 2, 1].map((item, index) => ({ item, time: NOW - 60 * (3 - index) }));
      expect(trained.recommender.explain(toHistory(rows), 6)).toBe(1);
    });

    it('reads the order of a history as it promises', async () => {
      const trained = await train();
      const evenLast = toHistory(alternate([1, 2]));
      const oddLast = toHistory(alternate([2, 1]));
      const leaning = (history: History) => {
        const scores = score(trained, history);
        return scores[10]! - scores[11]!;
      };
      if (isRecencySensitive) {
        expect(leaning(evenLast)).toBeGreaterThan(0);
        expect(leaning(oddLast)).toBeLessThan(0);
      } else {
        expect(leaning(evenLast)).toBeCloseTo(leaning(oddLast), 5);
      }
    });

    it('stops when it is cancelled, at the start and on the way', async () => {
      const before = createContext();
      before.cancel();
      await expect(trainOn(input, before)).rejects.toThrow(TrainingCancelled);
      const during = createContext();
      const running = trainOn(toInput(createCheckerboard(400)), during);
      during.cancel();
      await expect(running).rejects.toThrow(TrainingCancelled);
    });

    it('reports rising progress that ends at 1', async () => {
      const context = createContext();
      await trainOn(input, context);
      expect(context.fractions.at(-1)).toBe(1);
      expect(context.fractions).toEqual(context.fractions.toSorted((left, right) => left - right));
    });

    it('trains on a catalogue that nobody has touched', async () => {
      const trained = await trainOn(toInput(toInteractions([], 3)), createContext());
      const scores = score(trained, toHistory([{ item: 1, time: NOW }]));
      // Under noise nobody can know that there was nothing.
      if (isNoisy) expect(scores.every(Number.isFinite)).toBe(true);
      else expect(scores).toEqual(new Float32Array(3));
    });
  });
}

function toInput(interactions: TrainingInput['interactions']): TrainingInput {
  const productIds = Int32Array.from({ length: interactions.itemCount }, (_, item) => 100 + item);
  return { interactions, productIds, now: NOW };
}

function historyOf({ interactions }: TrainingInput, user: number): History {
  const start = interactions.userPtr[user]!;
  const end = interactions.userPtr[user + 1]!;
  return {
    itemIdx: interactions.itemIdx.slice(start, end),
    kind: interactions.kind.slice(start, end),
    time: interactions.time.slice(start, end),
  };
}

function alternate(items: readonly number[]): Row[] {
  return items.map((item, index) => ({ item, time: NOW - 60 * (items.length - index) }));
}

function score(model: ServingModel, history: History): Float32Array {
  const scores = new Float32Array(model.recommender.itemCount);
  model.recommender.scoreItems(history, scores);
  return scores;
}

function bestOf(scores: Float32Array, history: History): number {
  const owned = new Set(history.itemIdx);
  let best = -1;
  for (const [item, value] of scores.entries()) {
    if (!owned.has(item) && (best === -1 || value > scores[best]!)) best = item;
  }
  return best;
}
