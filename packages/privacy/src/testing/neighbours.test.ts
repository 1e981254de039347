import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../accounting/dp-event.ts';
import { LossDistributionAccountant } from '../accounting/pld/loss-accountant.ts';
import { PureAccountant } from '../accounting/pure-accountant.ts';
import { ZeroConcentratedAccountant } from '../accounting/zero-concentrated-accountant.ts';
import { releaseCoPurchases } from '../clustering/co-purchases.ts';
import { releaseKMeans } from '../clustering/k-means.ts';
import { AboveThreshold } from '../mechanisms/above-threshold.ts';
import { boundContributions } from '../mechanisms/contributions.ts';
import { releaseHistogram, releaseThresholdedKeys } from '../mechanisms/counts.ts';
import { DiscreteGaussian } from '../mechanisms/discrete-gaussian.ts';
import { DiscreteLaplace } from '../mechanisms/discrete-laplace.ts';
import { addNoiseTo } from '../mechanisms/noise.ts';
import { releaseQuantile } from '../mechanisms/quantile.ts';
import { respondRandomly } from '../mechanisms/randomized-response.ts';
import { reportNoisyMax, selectExponential, selectPermuteAndFlip, selectTopK } from '../mechanisms/selection.ts';
import { NoisyPrefixTree } from '../mechanisms/tree-aggregation.ts';
import { estimateEpsilon } from './epsilon-estimator.ts';
import { FALSE_ALARMS, SINGLE_FALSE_ALARM } from './odds.ts';
import { withSeededRandom } from './seeded-random.ts';

/** One run on one of two neighbouring inputs: a short text of what was released, and the event it claims. */
interface Mechanism {
  readonly name: string;
  readonly trials: number;
  readonly run: (side: 0 | 1) => { readonly outcome: string | number; readonly event: DpEvent };
  /** What the estimate must at least find, as a share of the claim; 0 where the neighbours are not the worst case. */
  readonly share: number;
}

const laplace = new DiscreteLaplace({ scale: 1 });
const gaussian = new DiscreteGaussian({ variance: 4 });
const broken = new DiscreteLaplace({ scale: 1 });
const clip = (value: number, limit: number) => Math.max(-limit, Math.min(limit, value));

const mechanisms: readonly Mechanism[] = [
  {
    name: 'discrete Laplace',
    trials: 20_000,
    share: 0.8,
    run: (side) => ({
      outcome: addNoiseTo(laplace, side),
      event: { kind: 'discreteLaplace', scale: '1', sensitivity: 1 },
    }),
  },
  {
    name: 'discrete Gaussian',
    trials: 20_000,
    share: 0.3,
    run: (side) => ({
      outcome: addNoiseTo(gaussian, side),
      event: { kind: 'discreteGaussian', variance: '4', sensitivitySquared: '1', dimensions: 'one' },
    }),
  },
  {
    name: 'histogram by Laplace',
    trials: 20_000,
    share: 0.4,
    run: (side) => {
      const sums = new Map(
        side === 1
          ? [
              ['a', 4],
              ['b', 4],
            ]
          : [
              ['a', 3],
              ['b', 3],
            ],
      );
      const release = releaseHistogram({ noise: 'laplace', epsilon: 1, l0: 2, lInf: 1, sums, publicKeys: ['a', 'b'] });
      return { outcome: release.counts.map(({ value }) => clip(value, 8)).join(), event: release.event };
    },
  },
  {
    name: 'histogram by Gaussian',
    trials: 20_000,
    share: 0,
    run: (side) => {
      const sums = new Map([['a', 3 + side * 2]]);
      const release = releaseHistogram({ noise: 'gaussian', rho: '0.5', l0: 1, lInf: 2, sums, publicKeys: ['a'] });
      return { outcome: release.counts[0]!.value, event: release.event };
    },
  },
  {
    name: 'thresholded keys',
    trials: 20_000,
    share: 0,
    run: (side) => {
      // The neighbour brings a key that nobody else has, the case that the own delta pays for.
      const sums = new Map(
        side === 1
          ? [
              ['common', 6],
              ['rare', 1],
            ]
          : [['common', 5]],
      );
      const release = releaseThresholdedKeys({ noise: 'laplace', epsilon: 1, l0: 2, lInf: 1, delta: '0.01', sums });
      return { outcome: release.counts.map(({ key, value }) => `${key}${value}`).join(), event: release.event };
    },
  },
  {
    name: 'contribution bounds',
    trials: 20_000,
    share: 0.4,
    run: (side) => {
      const contributions = Array.from({ length: 9 }, (_, index) => ({ key: `k${index % 3}`, value: 100 }));
      const own = side === 1 ? boundContributions({ l0: 1, lInf: 2, contributions }) : new Map<string, number>();
      const release = releaseHistogram({
        noise: 'laplace',
        epsilon: 1,
        l0: 1,
        lInf: 2,
        sums: own,
        publicKeys: ['k0', 'k1', 'k2'],
      });
      return { outcome: release.counts.reduce((sum, { value }) => sum + clip(value, 6), 0), event: release.event };
    },
  },
  ...(
    [
      ['exponential mechanism', selectExponential],
      ['permute and flip', selectPermuteAndFlip],
      ['report noisy max', reportNoisyMax],
    ] as const
  ).map(
    ([name, select]): Mechanism => ({
      name,
      trials: 20_000,
      share: name === 'permute and flip' ? 0.5 : 0.3,
      run: (side) => {
        const { index, event } = select({ utilities: side === 1 ? [1, 0, 0] : [0, 1, 1], sensitivity: 1, epsilon: 2 });
        return { outcome: index, event };
      },
    }),
  ),
  {
    name: 'monotone permute and flip',
    trials: 20_000,
    share: 0.3,
    run: (side) => {
      const { index, event } = selectPermuteAndFlip({
        utilities: [side, 0, 0],
        sensitivity: 1,
        epsilon: 1,
        isMonotone: true,
      });
      return { outcome: index, event };
    },
  },
  {
    name: 'top k',
    trials: 20_000,
    share: 0.2,
    run: (side) => {
      const utilities = side === 1 ? [2, 1, 1, 0] : [1, 1, 1, 1];
      const { indices, event } = selectTopK({ utilities, sensitivity: 1, epsilon: 1, k: 2 });
      return { outcome: indices.join(), event };
    },
  },
  {
    name: 'sparse vector',
    trials: 20_000,
    share: 0.2,
    run: (side) => {
      const vector = new AboveThreshold({ threshold: 0, sensitivity: 1, epsilon: 2, maxPositives: 1 });
      let answers = '';
      for (const count of side === 1 ? [-1, -1, 1, 1] : [0, 0, 0, 0]) {
        if (!vector.isExhausted) answers += vector.isAbove(count) ? '1' : '0';
      }
      return { outcome: answers, event: vector.event };
    },
  },
  {
    name: 'randomised response',
    trials: 20_000,
    share: 0.8,
    run: (side) => {
      const { answer, event } = respondRandomly({ answer: side, buckets: 4, noise: '0.5' });
      return { outcome: answer, event };
    },
  },
  {
    name: 'quantile',
    trials: 20_000,
    share: 0.2,
    run: (side) => {
      const accounts = side === 1 ? [[9, 9, 8]] : [];
      const { value, event } = releaseQuantile({ grid: [0, 2, 4, 6, 8, 10], accounts, quantile: 1, epsilon: 2 });
      return { outcome: value, event };
    },
  },
  {
    name: 'prefix tree',
    trials: 10_000,
    share: 0,
    run: (side) => {
      const tree = new NoisyPrefixTree({ values: [side, 0, 0], lInf: 1, rho: '0.5' });
      return { outcome: [1, 2, 3].map((count) => clip(tree.prefixSum(count), 4)).join(), event: tree.event };
    },
  },
  {
    name: 'k-means',
    trials: 1_500,
    share: 0,
    run: (side) => {
      const points = side === 1 ? [0.9, 0.9, 0.1, 0.1] : [0.1, 0.1];
      const ranges = [
        { minimum: 0, maximum: 1 },
        { minimum: 0, maximum: 1 },
      ];
      const release = releaseKMeans({ points: Float64Array.from(points), ranges, k: 2, rho: 1, passes: 1 });
      const total = release.clusters.reduce((sum, { size }) => sum + size, 0);
      return { outcome: clip(total, 12), event: release.event };
    },
  },
  {
    name: 'co-purchases past a threshold',
    trials: 20_000,
    share: 0,
    run: (side) => {
      const accounts = [...Array.from({ length: 4 }, () => ['a', 'b']), ...(side === 1 ? [['a', 'b', 'c', 'd']] : [])];
      const release = releaseCoPurchases({ accounts, maxPairs: 2, noise: 'laplace', epsilon: 2, delta: '0.01' });
      return {
        outcome: release.pairs.map(({ first, second, value }) => `${first}${second}${value}`).join(),
        event: release.event,
      };
    },
  },
  {
    name: 'co-purchases over public pairs',
    trials: 20_000,
    share: 0.4,
    run: (side) => {
      const accounts = side === 1 ? [['a', 'b', 'c']] : [];
      const publicPairs = [
        { first: 'a', second: 'b' },
        { first: 'c', second: 'd' },
      ];
      const release = releaseCoPurchases({ accounts, maxPairs: 1, noise: 'laplace', epsilon: 1, publicPairs });
      return { outcome: release.pairs[0]!.value, event: release.event };
    },
  },
];

/** The smallest epsilon that the claimed event proves at a delta. */
function claimedEpsilon(event: DpEvent, delta: number): number {
  const accountants = [
    new PureAccountant(),
    new ZeroConcentratedAccountant(),
    new LossDistributionAccountant({ interval: 1e-3 }),
  ].filter((accountant) => accountant.supports(event));
  return Math.min(...accountants.map((accountant) => accountant.compose(event).epsilonFor({ delta })));
}

describe(`epsilon from below, on neighbouring data (false alarm ${FALSE_ALARMS.neighbours})`, () => {
  for (const { name, trials, run, share } of mechanisms) {
    it(`finds no more than the claim: ${name}`, () => {
      withSeededRandom(`neighbours ${name}`, () => {
        const { event } = run(0);
        expect(run(1).event).toEqual(event); // the price depends on parameters only
        const isPure = new PureAccountant().supports(event) && claimedEpsilon(event, 0) < Infinity;
        const delta = isPure ? 0 : 0.011;
        const claim = claimedEpsilon(event, delta);
        const estimate = estimateEpsilon({
          run: (side) => run(side).outcome,
          trials,
          delta,
          falseAlarm: SINGLE_FALSE_ALARM,
        });
        expect(estimate.epsilonLowerBound).toBeLessThanOrEqual(claim);
        expect(estimate.epsilonLowerBound).toBeGreaterThanOrEqual(share * claim);
      });
    });
  }

  // Each is a fault that others shipped: half the noise, no noise on zeros, a key list that is data, noise on a float.
  const faults: readonly { name: string; claim: number; run: (side: 0 | 1) => string | number }[] = [
    { name: 'noise for sensitivity 1 on a change by 2', claim: 1, run: (side) => addNoiseTo(broken, side * 2) },
    { name: 'no noise on an empty count', claim: 1, run: (side) => (side === 0 ? 0 : addNoiseTo(broken, 1)) },
    {
      name: 'keys listed without a threshold',
      claim: 1,
      run: (side) => (side === 1 ? `a${addNoiseTo(broken, 1)}` : ''),
    },
    { name: 'clamping the noise instead of the sum', claim: 1, run: (side) => side + clip(addNoiseTo(broken, 0), 2) },
  ];
  for (const { name, claim, run } of faults) {
    it(`catches a broken mechanism: ${name}`, () => {
      const estimate = withSeededRandom(`fault ${name}`, () =>
        estimateEpsilon({ run, trials: 20_000, delta: 0, falseAlarm: SINGLE_FALSE_ALARM }),
      );
      expect(estimate.epsilonLowerBound).toBeGreaterThan(claim * 1.2);
    });
  }
});
