import {
  AboveThreshold,
  boundContributions,
  type DpEvent,
  NoisyPrefixTree,
  releaseCoPurchases,
  releaseHistogram,
  releaseKMeans,
  releaseQuantile,
  releaseThresholdedKeys,
  reportNoisyMax,
  respondRandomly,
  selectExponential,
  selectPermuteAndFlip,
  selectTopK,
} from '@sotto/privacy';
import type { Attack, Repetitions } from '../attack.ts';
import { type MembershipTarget, membershipAttack } from '../membership.ts';

const FAST: Repetitions = { quick: 10_000, full: 150_000 };
const SLOW: Repetitions = { quick: 500, full: 6_000 };
/** Outcomes past it are told apart by nothing: in the tails of discrete Laplace noise the likelihood ratio is constant. */
const TAIL = 4;
/** At one place, all in or all out. */
const CLUSTERED_CANARIES = 12;
/** Large, so that what an own delta pays for is seen at all; and a delta just above it, at which the claim is read. */
const OWN_DELTA = '0.01';
const DELTA_ABOVE_OWN = 0.0101;

const clip = (value: number) => Math.max(-TAIL, Math.min(TAIL, value));
const one = (seen: number | string, event: DpEvent) => ({ seen: [seen], event });

/** Each canary is built to move what is released as far as one account may. */
const TARGETS: readonly MembershipTarget[] = [
  {
    target: 'histogram, discrete Laplace',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      const sums = new Map([
        ['a', hasCanary ? 1 : 0],
        ['b', hasCanary ? 1 : 0],
      ]);
      const limits = { l0: 2, lInf: 1, sums, publicKeys: ['a', 'b'] };
      const { counts, event } = releaseHistogram({ noise: 'laplace', epsilon: 1, ...limits });
      return one(counts.map(({ value }) => clip(value)).join(), event);
    },
  },
  {
    target: 'histogram, discrete Gaussian',
    runs: FAST,
    observe: (hasCanary) => {
      const sums = new Map(['a', 'b', 'c', 'd'].map((key) => [key, hasCanary ? 8 : 0]));
      const limits = { l0: 4, lInf: 8, sums, publicKeys: [...sums.keys()] };
      const { counts, event } = releaseHistogram({ noise: 'gaussian', rho: '0.028', ...limits });
      return one(
        counts.reduce((sum, { value }) => sum + value, 0),
        event,
      );
    },
  },
  {
    target: 'bounded contributions',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      // Nine rows of a hundred each on three keys: what is left may move one key by 2.
      const contributions = Array.from({ length: 9 }, (_, row) => ({ key: `k${row % 3}`, value: 100 }));
      const sums = hasCanary ? boundContributions({ l0: 1, lInf: 2, contributions }) : new Map<string, number>();
      const limits = { l0: 1, lInf: 2, sums, publicKeys: ['k0', 'k1', 'k2'] };
      const { counts, event } = releaseHistogram({ noise: 'laplace', epsilon: 1, ...limits });
      return one(
        counts.reduce((sum, { value }) => sum + clip(value), 0),
        event,
      );
    },
  },
  {
    target: 'thresholded keys',
    runs: FAST,
    delta: DELTA_ABOVE_OWN,
    observe: (hasCanary) => {
      // The canary brings a key that nobody else has: what the own delta pays for.
      const sums = new Map<string, number>([
        ['common', hasCanary ? 6 : 5],
        ...(hasCanary ? ([['rare', 1]] as const) : []),
      ]);
      const limits = { l0: 2, lInf: 1, delta: OWN_DELTA, sums };
      const { counts, event } = releaseThresholdedKeys({ noise: 'laplace', epsilon: 1, ...limits });
      return one(counts.map(({ key, value }) => `${key}${value}`).join(), event);
    },
  },
  ...(
    [
      ['exponential mechanism', selectExponential],
      ['permute and flip', selectPermuteAndFlip],
      ['report noisy max', reportNoisyMax],
    ] as const
  ).map(
    ([target, select]): MembershipTarget => ({
      target,
      runs: FAST,
      delta: 0,
      observe: (hasCanary) => {
        const utilities = hasCanary ? [1, 0, 0] : [0, 1, 1];
        const { index, event } = select({ utilities, sensitivity: 1, epsilon: 2 });
        return one(index, event);
      },
    }),
  ),
  {
    target: 'top k',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      const utilities = hasCanary ? [2, 1, 1, 0] : [1, 1, 1, 1];
      const { indices, event } = selectTopK({ utilities, sensitivity: 1, epsilon: 1, k: 2 });
      return one(indices.join(), event);
    },
  },
  {
    target: 'sparse vector',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      const vector = new AboveThreshold({ threshold: 0, sensitivity: 1, epsilon: 2, maxPositives: 1 });
      let answers = '';
      for (const count of hasCanary ? [-1, -1, 1, 1] : [0, 0, 0, 0]) {
        if (!vector.isExhausted) answers += vector.isAbove(count) ? '1' : '0';
      }
      return one(answers, vector.event);
    },
  },
  {
    target: 'randomised response',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      const { answer, event } = respondRandomly({ answer: hasCanary ? 1 : 0, buckets: 4, noise: '0.5' });
      return one(answer, event);
    },
  },
  {
    target: 'quantile',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      const accounts = hasCanary ? [[9, 9, 8]] : [];
      const { value, event } = releaseQuantile({ grid: [0, 2, 4, 6, 8, 10], accounts, quantile: 1, epsilon: 2 });
      return one(value, event);
    },
  },
  {
    target: 'prefix sums',
    runs: FAST,
    observe: (hasCanary) => {
      const tree = new NoisyPrefixTree({ values: [hasCanary ? 8 : 0, 0, 0], lInf: 8, rho: '0.1' });
      return one(tree.prefixSum(1) + tree.prefixSum(2), tree.event);
    },
  },
  {
    target: 'k-means',
    runs: SLOW,
    groupFactor: CLUSTERED_CANARIES,
    observe: (hasCanary) => {
      const points = new Float64Array(hasCanary ? 2 * (1 + CLUSTERED_CANARIES) : 2).fill(0.1);
      const ranges = [
        { minimum: 0, maximum: 1 },
        { minimum: 0, maximum: 1 },
      ];
      const { clusters, event } = releaseKMeans({ points, ranges, k: 2, rho: 1, passes: 1 });
      return one(
        clusters.reduce((sum, { size }) => sum + size, 0),
        event,
      );
    },
  },
  {
    target: 'co-purchases past a threshold',
    runs: FAST,
    delta: DELTA_ABOVE_OWN,
    observe: (hasCanary) => {
      const accounts = [...Array.from({ length: 4 }, () => ['a', 'b']), ...(hasCanary ? [['a', 'b', 'c', 'd']] : [])];
      const limits = { accounts, maxPairs: 2, delta: OWN_DELTA };
      const { pairs, event } = releaseCoPurchases({ noise: 'laplace', epsilon: 2, ...limits });
      return one(pairs.map(({ first, second, value }) => `${first}${second}${value}`).join(), event);
    },
  },
  {
    target: 'co-purchases over public pairs',
    runs: FAST,
    delta: 0,
    observe: (hasCanary) => {
      const publicPairs = [{ first: 'a', second: 'b' }];
      const accounts = hasCanary ? [['a', 'b']] : [];
      const { pairs, event } = releaseCoPurchases({ noise: 'laplace', epsilon: 1, accounts, maxPairs: 1, publicPairs });
      return one(clip(pairs[0]!.value), event);
    },
  },
];

/** Against the mechanisms of packages/privacy, from which every question is built. */
export const MECHANISM_CANARIES: readonly Attack[] = TARGETS.map(membershipAttack);
