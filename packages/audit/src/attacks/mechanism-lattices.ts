import {
  NoisyPrefixTree,
  releaseCoPurchases,
  releaseHistogram,
  releaseQuantile,
  releaseThresholdedKeys,
} from '@sotto/privacy';
import type { Attack } from '../attack.ts';
import { type LatticeTarget, latticeAttack } from './lattice-leak.ts';

const GRID_STEP = 64;

const TARGETS: readonly LatticeTarget[] = [
  {
    target: 'histogram, discrete Laplace',
    step: 1,
    release: (exact) =>
      releaseHistogram({
        noise: 'laplace',
        epsilon: '0.3',
        l0: 1,
        lInf: 3,
        sums: new Map([['a', exact]]),
        publicKeys: ['a', 'b'],
      }).counts.map(({ value }) => value),
  },
  {
    target: 'histogram, discrete Gaussian',
    step: 1,
    release: (exact) =>
      releaseHistogram({
        noise: 'gaussian',
        rho: '0.03',
        l0: 2,
        lInf: 3,
        sums: new Map([['a', exact]]),
        publicKeys: ['a', 'b'],
      }).counts.map(({ value }) => value),
  },
  {
    target: 'thresholded keys',
    step: 1,
    release: (exact) =>
      releaseThresholdedKeys({
        noise: 'laplace',
        epsilon: '0.3',
        l0: 1,
        lInf: 1,
        delta: '0.00001',
        sums: new Map([['common', 1_000 + exact]]),
      }).counts.map(({ value }) => value),
  },
  {
    target: 'co-purchases',
    step: 1,
    release: (exact) =>
      releaseCoPurchases({
        accounts: Array.from({ length: exact % 10 }, () => ['a', 'b']),
        maxPairs: 1,
        noise: 'gaussian',
        rho: '0.1',
        publicPairs: [{ first: 'a', second: 'b' }],
      }).pairs.map(({ value }) => value),
  },
  {
    target: 'prefix sums',
    step: 1,
    release: (exact) => {
      const tree = new NoisyPrefixTree({ values: [exact, 1, exact], lInf: 1, rho: '0.1' });
      return [1, 2, 3].map((count) => tree.prefixSum(count));
    },
  },
  {
    target: 'quantile on its public grid',
    step: GRID_STEP,
    release: (exact) => [
      releaseQuantile({
        grid: Array.from({ length: 16 }, (_, i) => i * GRID_STEP),
        accounts: [[exact], [exact + 1]],
        quantile: '0.5',
        epsilon: '0.5',
      }).value,
    ],
  },
];

export const MECHANISM_LATTICES: readonly Attack[] = TARGETS.map(latticeAttack);
