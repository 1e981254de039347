import { expect, it } from 'vitest';
import { describeAccountant } from '../testing/accountant-suite.ts';
import { gaussianDelta } from './analytic-gaussian.ts';
import type { DpEvent } from './dp-event.ts';
import { LossDistributionAccountant } from './pld/loss-accountant.ts';
import { PureAccountant } from './pure-accountant.ts';
import { RenyiAccountant } from './renyi-accountant.ts';
import { ZeroConcentratedAccountant } from './zero-concentrated-accountant.ts';

const gaussian: DpEvent = { kind: 'gaussian', noiseMultiplier: '2' };
const laplace: DpEvent = { kind: 'laplace', scale: '2', sensitivity: '1' };
const discreteLaplace: DpEvent = { kind: 'discreteLaplace', scale: '3', sensitivity: 2 };
const discreteGaussian: DpEvent = {
  kind: 'discreteGaussian',
  variance: '9/2',
  sensitivitySquared: '1',
  dimensions: 'one',
};
const many: DpEvent = { kind: 'discreteGaussian', variance: '40', sensitivitySquared: '10', dimensions: 'many' };
const pure: DpEvent = { kind: 'pure', epsilon: '0.5' };
const boundedRange: DpEvent = { kind: 'boundedRange', epsilon: '1/2' };
const approximate: DpEvent = { kind: 'approximate', epsilon: '0.3', delta: '0.000000001' };
const tree: DpEvent = { kind: 'treeAggregation', noiseMultiplier: '10', steps: 100 };
const sampled: DpEvent = {
  kind: 'poissonSampled',
  probability: '0.05',
  event: { kind: 'gaussian', noiseMultiplier: '1' },
};
const response: DpEvent = { kind: 'randomizedResponse', noise: '0.4', buckets: 3 };

// Randomised response of epsilon e has delta(e') = (exp(e) - exp(e')) / (1 + exp(e)): the worst of all pure mechanisms.
const pureTruth = { event: pure, epsilon: 0.1, delta: (Math.exp(0.5) - Math.exp(0.1)) / (1 + Math.exp(0.5)) };
// Laplace: 1 - exp((epsilon' - epsilon) / 2).
const laplaceTruth = { event: laplace, epsilon: 0.1, delta: -Math.expm1((0.1 - 0.5) / 2) };
const gaussianTruth = {
  event: gaussian,
  epsilon: 0.5,
  delta: gaussianDelta({ sigma: 2, sensitivity: 1, epsilon: 0.5 }) / (1 + 1e-11),
};

describeAccountant({
  create: () => new PureAccountant(),
  supported: [pure, laplace, discreteLaplace, boundedRange, approximate],
  unsupported: gaussian,
  exactDelta: [pureTruth, laplaceTruth],
});
describeAccountant({
  create: () => new ZeroConcentratedAccountant(),
  supported: [gaussian, laplace, discreteLaplace, discreteGaussian, many, pure, boundedRange, approximate, tree],
  unsupported: sampled,
  exactDelta: [pureTruth, laplaceTruth, gaussianTruth],
});
describeAccountant({
  create: () => new RenyiAccountant(),
  supported: [
    gaussian,
    sampled,
    laplace,
    discreteLaplace,
    discreteGaussian,
    many,
    pure,
    boundedRange,
    approximate,
    tree,
    response,
  ],
  unsupported: { kind: 'poissonSampled', probability: '0.1', event: laplace },
  exactDelta: [pureTruth, laplaceTruth, gaussianTruth],
});
describeAccountant({
  create: () => new LossDistributionAccountant({ interval: 1e-3 }),
  supported: [
    gaussian,
    sampled,
    laplace,
    discreteLaplace,
    discreteGaussian,
    pure,
    boundedRange,
    approximate,
    tree,
    response,
  ],
  unsupported: many,
  exactDelta: [pureTruth, laplaceTruth, gaussianTruth],
});

it('orders the accountants as theory does: loss distributions below Renyi below zero-concentrated below sums', () => {
  const events: [DpEvent, number][] = [
    [laplace, 20],
    [gaussian, 10],
  ];
  for (const [event, count] of events) {
    const loss = new LossDistributionAccountant().compose(event, count).epsilonFor({ delta: 1e-6 });
    const renyi = new RenyiAccountant().compose(event, count).epsilonFor({ delta: 1e-6 });
    const concentrated = new ZeroConcentratedAccountant().compose(event, count).epsilonFor({ delta: 1e-6 });
    expect(loss).toBeLessThan(renyi);
    // The grid of orders is coarser than the continuum that zero-concentration minimises over.
    expect(renyi).toBeLessThan(concentrated * 1.001);
  }
});

it('bounds a discrete distribution as its continuous likeness, up to the lattice', () => {
  const at = (event: DpEvent) => new LossDistributionAccountant().compose(event, 8).epsilonFor({ delta: 1e-6 });
  const wide: DpEvent = { kind: 'discreteGaussian', variance: '400', sensitivitySquared: '1', dimensions: 'one' };
  expect(at(wide) / at({ kind: 'gaussian', noiseMultiplier: '20' })).toBeCloseTo(1, 4);
});

it('is never below the exact curve of composed Gaussians', () => {
  for (const count of [1, 7, 50]) {
    const accountant = new LossDistributionAccountant().compose(gaussian, count);
    for (const epsilon of [0.5, 2, 6]) {
      const exact = gaussianDelta({ sigma: 2, sensitivity: Math.sqrt(count), epsilon });
      const bound = accountant.deltaFor({ epsilon });
      expect(bound).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
      expect(bound).toBeLessThan(exact * 1.01 + 1e-12);
    }
  }
});
