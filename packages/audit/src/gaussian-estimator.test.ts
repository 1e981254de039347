import { DiscreteGaussian, smallestGaussianSigma } from '@sotto/privacy';
import { describe, expect, it } from 'vitest';
import { estimateGaussianMu, gaussianEpsilon, latticeFactor } from './gaussian-estimator.ts';
import { ROW_FALSE_ALARM } from './odds.ts';

function drawScores(runs: number, shift: number, variance: number): Float64Array {
  const noise = new DiscreteGaussian({ variance });
  return Float64Array.from({ length: runs }, () => shift + Number(noise.draw()));
}

describe('the estimate of a Gaussian from below', () => {
  // Odds: 4 estimates of 5e-8 each from above; from below the bounds are 7 deviations of the estimate away.
  it('stays below the truth, and comes near it', () => {
    for (const [shift, least] of [
      [4, 0.6],
      [16, 2.3],
    ] as const) {
      const scores = { without: drawScores(20_000, 0, 25), withCanary: drawScores(20_000, shift, 25) };
      const mu = estimateGaussianMu(scores, ROW_FALSE_ALARM);
      expect(mu).toBeLessThanOrEqual(shift / 5);
      expect(mu).toBeGreaterThan(least);
    }
  });

  it('shows nothing where there is nothing', () => {
    const scores = { without: drawScores(5_000, 0, 25), withCanary: drawScores(5_000, 0, 25) };
    expect(estimateGaussianMu(scores, ROW_FALSE_ALARM)).toBe(0);
    expect(gaussianEpsilon({ mu: 0, delta: 1e-6 })).toBe(0);
  });

  it('takes discrete noise for what it is at every threshold', () => {
    // Phi^-1(b) - Phi^-1(a) at every threshold, for the exact probabilities of the discrete Gaussian.
    for (const deviation of [1, 2, 5, 40]) {
      const reach = 9 * deviation;
      const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
        Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      let tail = 0;
      let next = 0; // P(noise + 1 >= y) is P(noise >= y - 1)
      for (let y = 2 * reach; y > 0; y--) {
        tail += weights[y]! / total;
        next = tail + weights[y - 1]! / total;
        if (tail < 1e-5 || next > 1 - 1e-5) continue;
        const mu = quantile(next) - quantile(tail);
        expect(mu * deviation).toBeLessThan(latticeFactor(deviation ** 2));
      }
    }
  });

  it('turns mu into the epsilon of the analytic Gaussian', () => {
    for (const epsilon of [0.1, 1, 4]) {
      const sigma = smallestGaussianSigma({ sensitivity: 1, epsilon, delta: 1e-6 });
      expect(gaussianEpsilon({ mu: 1 / sigma, delta: 1e-6 })).toBeCloseTo(epsilon, 6);
    }
  });
});

/** Phi^-1 by bisection of a sum over the density, apart from the code that is tested. */
function quantile(probability: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return low;
}

/** By the series of Marsaglia (2004), exact to double precision in this range. */
function normalCdf(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-18 * Math.abs(sum); i += 2) sum += term *= (x * x) / i;
  return 0.5 + sum * Math.exp(-(x * x) / 2) * 0.3989422804014327;
}
