import { describe, expect, it } from 'vitest';
import { gaussianDelta } from './analytic-gaussian.ts';
import { renyiToDelta } from './conversion.ts';
import { poissonGaussianRenyi } from './poisson-gaussian.ts';
import { canAdmit } from './renyi-filter.ts';

describe('bounds on small differences', () => {
  it('are never below the exact delta of a Gaussian, however wide', () => {
    // Sensitivity 1, sigma, epsilon: from forty digits, rounded down to twelve.
    for (const [sigma, epsilon, exact] of [
      [1000, 0, 0.000398942263778],
      [1e5, 0, 3.98942280399e-6],
      [1e7, 1e-7, 8.33154747534e-9],
      [1e7, 3e-7, 3.8215437437e-11],
    ] as const) {
      const delta = gaussianDelta({ sigma, sensitivity: 1, epsilon });
      expect(delta).toBeGreaterThanOrEqual(exact);
      expect(delta).toBeLessThan(exact * (1 + 1e-3));
    }
  });

  it('are never 0 for a mechanism that costs something', () => {
    expect(renyiToDelta({ divergence: 1, order: 1024, epsilon: 100 })).toBeGreaterThan(0);
  });

  it('keep the digits of a subsampled Gaussian at high fractional orders', () => {
    // The curve is close to a line there: half way between two whole orders it is their mean, up to a share of 1e-7.
    const at = (order: number) => poissonGaussianRenyi({ probability: 0.002, noiseMultiplier: 20, order });
    expect(Math.abs(at(1000.5) / ((at(1000) + at(1001)) / 2) - 1)).toBeLessThan(1e-6);
  });

  it('take little noise by its bound instead of a sum that no memory holds', () => {
    const curve = poissonGaussianRenyi({ probability: 0.5, noiseMultiplier: 1e-6, order: 2.5 });
    expect(curve / (2.5 / (2 * 1e-12))).toBeCloseTo(1, 9);
  });

  it('refuse what was spent as a negative sum', () => {
    const filter = { order: 4, capUnits: 10n, deltaCapUnits: 10n };
    const cost = { lossUnits: 20n, deltaUnits: 0n };
    expect(() => canAdmit({ filter, spent: { lossUnits: -10n, deltaUnits: 0n }, cost })).toThrow(/^spent/);
  });
});
