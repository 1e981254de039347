import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../dp-event.ts';
import { LossDistributionAccountant } from './loss-accountant.ts';
import { LossDistribution, LossGrid } from './loss-distribution.ts';

const large: readonly [event: DpEvent, least: number, most: number][] = [
  [{ kind: 'pure', epsilon: '1000' }, 999.99, 1000.001],
  [{ kind: 'laplace', scale: '1/1000', sensitivity: '1' }, 999.99, 1000.001],
  [{ kind: 'discreteGaussian', variance: '1/2000', sensitivitySquared: '1', dimensions: 'one' }, 999, 1001],
  // The loss of a Gaussian is normal, of mean 1 / (2 sigma^2) and deviation 1 / sigma; epsilon is near its 1e-6 quantile.
  [{ kind: 'gaussian', noiseMultiplier: '1/50' }, 1250 + 4.7 * 50, 1250 + 4.8 * 50],
];

describe('loss distributions', () => {
  it('bound losses past the exponents of doubles', () => {
    for (const [event, least, most] of large) {
      const accountant = new LossDistributionAccountant().compose(event);
      const epsilon = accountant.epsilonFor({ delta: 1e-6 });
      expect(epsilon, JSON.stringify(event)).toBeGreaterThan(least);
      expect(epsilon, JSON.stringify(event)).toBeLessThan(most);
      expect(accountant.deltaFor({ epsilon: 1 })).toBeGreaterThan(0.999);
    }
  });

  it('answer the same epsilon as delta does, when the losses span more than the exponents of doubles', () => {
    // A millionth at loss 2000 hides nothing of the half at loss 5.
    const masses = new Float64Array(2001);
    masses[2000] = 1e-6;
    masses[5] = 0.5;
    masses[0] = 0.5 - 1e-6;
    const distribution = new LossDistribution({ interval: 1, start: 0, masses, infinityMass: 0 });
    const epsilon = distribution.epsilonFor(1e-3);
    expect(epsilon).toBeGreaterThan(4.99);
    expect(distribution.deltaFor(epsilon)).toBeLessThanOrEqual(1e-3);
  });

  it('never put an atom below its loss, however close to a point of the grid', () => {
    for (const excess of [1e-9, 9e-10, 1e-12, 1e-14]) {
      const grid = new LossGrid({ interval: 0.01, lowest: 0, highest: 0.05 });
      grid.addAtom(0.02 * (1 + excess), 1);
      expect(grid.finish().deltaFor(0.02)).toBeGreaterThanOrEqual(0.02 * excess * 0.99);
    }
  });

  it('count what cancellation hides of a narrow interval as the larger loss', () => {
    // Both masses known to 1e-9 of a mass of 1e-6: the ratio within a thousandth, so one of equal masses may be 1.002.
    const grid = new LossGrid({ interval: 0.01, lowest: 0, highest: 0.05 });
    grid.addInterval(1, { mass: 1e-6, error: 1e-9 }, { mass: 1e-6, error: 1e-9 });
    expect(grid.finish().deltaFor(0)).toBeGreaterThanOrEqual(1.9e-9);
  });

  it('are refused when their losses need more points than memory holds, and for shifts too long to list', () => {
    const wide = new LossDistributionAccountant({ interval: 1e-7 }).compose({ kind: 'pure', epsilon: '1000' });
    expect(() => wide.epsilonFor({ delta: 1e-6 })).toThrow(/^interval/);
    const long: DpEvent = { kind: 'discreteLaplace', scale: '1000000', sensitivity: 2 ** 30 };
    expect(new LossDistributionAccountant().supports(long)).toBe(false);
  });
});
