import type { DpEvent } from '@sotto/privacy';
import {
  type CatalogueContent,
  planPrivateAls,
  releaseStatistic,
  type ServingModel,
  type TrainingInput,
  trainFromStatistics,
  trainPrivateAls,
} from '@sotto/recommender/training';
import type { Attack, AuditSize, Repetitions } from '../attack.ts';
import { membershipAttack } from '../membership.ts';
import { CANARY_PAIRS, canaryInteractions, firstItem, ITEM_COUNT, PAIRS_FACTOR, secondItem } from './canary-pairs.ts';
import { planCanaryStatistic, QUIET } from './statistic-canaries.ts';

/** A private way from customers' rows to what is served. */
export interface ModelTarget {
  readonly algorithm: string;
  /** What a training at an epsilon costs. */
  price(epsilon: string): DpEvent;
  train(input: TrainingInput, epsilon: string): Promise<ServingModel>;
}

const RUNS: Repetitions = { quick: 40, full: 300 };
/** A few trainings show more than 0.1 only where noise is all but missing. */
const EPSILONS: Readonly<Record<AuditSize, string>> = { quick: '0.1', full: '1' };
const DELTA = '0.000001';
const CONTEXT = { ...QUIET, seed: 1, onPoint: () => undefined };
const SECONDS_AFTER = 1;

/** A catalogue of which nothing is known. */
const CATALOGUE: CatalogueContent = {
  categories: Array.from({ length: ITEM_COUNT }, () => []),
  brands: new Array<null>(ITEM_COUNT).fill(null),
  prices: new Array<null>(ITEM_COUNT).fill(null),
  titles: new Array<string>(ITEM_COUNT).fill(''),
};

export const PRIVATE_MODELS: readonly ModelTarget[] = [
  fromStatistic('private-popularity'),
  fromStatistic('private-ease'),
  {
    algorithm: 'private-ials',
    price: (epsilon) => planAls(epsilon).event,
    train: (input, epsilon) => trainPrivateAls(input, planAls(epsilon), CONTEXT),
  },
];

export function fromStatistic(
  algorithm: 'private-popularity' | 'private-ease',
  release: typeof releaseStatistic = releaseStatistic,
): ModelTarget {
  return {
    algorithm,
    price: (epsilon) => planCanaryStatistic(epsilon).event,
    async train(input, epsilon) {
      const statistic = await release(input, planCanaryStatistic(epsilon), QUIET);
      const released = { statistics: [statistic], catalogue: CATALOGUE, productIds: input.productIds };
      const { model } = await trainFromStatistics(algorithm, undefined, released, CONTEXT);
      return model;
    },
  };
}

function planAls(epsilon: string) {
  return planPrivateAls({ epsilon, delta: DELTA, itemCount: ITEM_COUNT, hyperparameters: { rank: 8 } });
}

/**
 * Against a trained model: who sees all that it serves. The score is what a model would tell of the canaries if it had learned
 * them: how strongly one of a pair's products speaks for the other, and how popular the products are, each against all others.
 */
export function modelAttack({ algorithm, price, train }: ModelTarget): Attack {
  return {
    attack: 'membership-inference',
    target: `model ${algorithm}`,
    run: (context) => {
      const epsilon = EPSILONS[context.size];
      return membershipAttack({
        target: `model ${algorithm}`,
        runs: RUNS,
        groupFactor: PAIRS_FACTOR,
        async observe(hasCanary) {
          const input = canaryInteractions(hasCanary);
          const model = await train(input, epsilon);
          return { seen: [scoreModel(model, input.now)], event: price(epsilon), soldEpsilon: Number(epsilon) };
        },
      }).run(context);
    },
  };
}

function scoreModel(model: ServingModel, now: number): number {
  const scores = new Float32Array(model.productIds.length);
  let score = 0;
  for (let canary = 0; canary < CANARY_PAIRS; canary++) {
    for (const [own, other] of [
      [firstItem(canary), secondItem(canary)],
      [secondItem(canary), firstItem(canary)],
    ] as const) {
      const history = {
        itemIdx: Int32Array.of(own),
        kind: Uint8Array.of(0),
        time: Uint32Array.of(now - SECONDS_AFTER),
      };
      model.recommender.scoreItems(history, scores);
      score += standardise(scores, other) + standardise(model.popularity, other);
    }
  }
  return score;
}

/** How many deviations an item's value is above the mean of all. Models may scale what they serve as they like. */
function standardise(values: Float32Array, item: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return variance > 0 ? (values[item]! - mean) / Math.sqrt(variance) : 0;
}
