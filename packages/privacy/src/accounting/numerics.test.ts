import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discreteGaussianProbabilities, discreteLaplaceProbability } from '../testing/probabilities.ts';
import { seededRandomSource } from '../testing/seeded-random.ts';
import { discreteGaussianTail, discreteLaplaceTail } from './partition-threshold.ts';
import { convolve, convolveDirectly } from './pld/fft.ts';
import { poissonGaussianRenyi } from './poisson-gaussian.ts';
import { renyiDivergence } from './renyi.ts';
import {
  complementaryError,
  normalCdf,
  normalMass,
  normalQuantile,
  scaledComplementaryError,
} from './special-functions.ts';

const relative = (value: number, expected: number) => Math.abs(value / expected - 1);

describe('special functions', () => {
  it('match tables of the error functions', () => {
    // Abramowitz and Stegun 7.1, and 20-digit values of the far tail.
    const values: [number, number][] = [
      [0.1, 0.8875370839817152],
      [0.5, 0.4795001221869535],
      [1, 0.15729920705028513],
      [2, 0.004677734981047266],
      [5, 1.5374597944280349e-12],
      [10, 2.088487583762545e-45],
      [-1, 1.8427007929497148],
    ];
    for (const [x, expected] of values) expect(relative(complementaryError(x), expected)).toBeLessThan(2e-15);
    expect(relative(scaledComplementaryError(10), 0.05614099274382259)).toBeLessThan(1e-15);
    expect(relative(scaledComplementaryError(100), 0.005641613782989433)).toBeLessThan(1e-15);
  });

  it('are continuous where their ranges meet, and consistent with each other', () => {
    for (const edge of [0.46875, 4]) {
      expect(relative(complementaryError(edge - 1e-12), complementaryError(edge + 1e-12))).toBeLessThan(1e-10);
    }
    for (const x of [-8, -1, 0, 0.3, 2, 6]) {
      expect(normalCdf(normalQuantile(normalCdf(x)))).toBeCloseTo(normalCdf(x), 14);
      expect(relative(normalMass(x, x + 0.01), normalCdf(x + 0.01) - normalCdf(x))).toBeLessThan(1e-6);
    }
  });
});

describe('convolution', () => {
  it('by transform equals the direct sum within the bound it states', () => {
    const random = seededRandomSource('convolution');
    // Whole multiples of 2^-24 below 2^-14: sums of their products are exact in doubles, so the direct sum is the truth.
    const sequence = (length: number) => Float64Array.from({ length }, () => random.below(1024) / 2 ** 24);
    for (const peak of [0, 0.5]) {
      const left = sequence(20_000);
      const right = sequence(4000);
      left[123] = peak;
      right[45] = peak;
      const { values, error } = convolve(left, right);
      const direct = convolveDirectly(left, right);
      const difference = values.reduce((sum, value, index) => sum + Math.abs(value - direct[index]!), 0);
      expect(error).toBeGreaterThan(0);
      // Direct parts are raised on purpose, by two units a term.
      const raised = peak === 0 ? 0 : direct.reduce((sum, value) => sum + value, 0) * 4001 * 2 ** -52;
      expect(difference).toBeLessThan(error + raised);
      expect(error).toBeLessThan(1e-9);
    }
  });
});

describe('Renyi curves', () => {
  it('of the subsampled Gaussian agree between the binomial sum and the quadrature', () => {
    for (const probability of [1e-6, 0.001, 0.1, 0.9]) {
      for (const noiseMultiplier of [0.3, 1, 8]) {
        for (const order of [2, 5, 32]) {
          const whole = poissonGaussianRenyi({ probability, noiseMultiplier, order });
          const near = poissonGaussianRenyi({ probability, noiseMultiplier, order: order + 1e-9 });
          expect(relative(near, whole), `${probability} ${noiseMultiplier} ${order}`).toBeLessThan(1e-6);
        }
      }
    }
  });

  it('of the discrete Laplace equal the sum over its support', () => {
    for (const [scale, shift] of [
      [1, 1],
      [2, 3],
      [10, 7],
    ] as const) {
      for (const order of [1.5, 4, 20]) {
        let sum = 0;
        for (let y = -600; y <= 600 + shift; y++) {
          // In exponents, or a tail's power would be 0 times infinity.
          const exponent = -order * Math.abs(y) + (order - 1) * Math.abs(y - shift);
          sum += Math.tanh(1 / (2 * scale)) * Math.exp(exponent / scale);
        }
        const expected = Math.log(sum) / (order - 1);
        const curve = renyiDivergence({ kind: 'discreteLaplace', scale: `${scale}`, sensitivity: shift }, order);
        expect(relative(curve, expected)).toBeLessThan(1e-9);
      }
    }
  });

  it('bound the discrete Gaussian by the continuous one', () => {
    const table = discreteGaussianProbabilities(2, 80);
    for (const order of [1.5, 4, 16]) {
      let sum = 0;
      for (let y = -60; y <= 60; y++) sum += table[80]! * Math.exp((-order * y * y + (order - 1) * (y - 1) ** 2) / 4);
      const event = { kind: 'discreteGaussian', variance: '2', sensitivitySquared: '1', dimensions: 'one' } as const;
      expect(Math.log(sum) / (order - 1)).toBeLessThanOrEqual(renyiDivergence(event, order));
    }
  });

  it('grow with the order, the count and the loss, for any parameters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 300 }), (loss, step) => {
        const order = 1 + step / 10;
        for (const kind of ['pure', 'boundedRange'] as const) {
          const at = (hundredths: number, alpha: number) =>
            renyiDivergence({ kind, epsilon: `${hundredths}/100` }, alpha);
          expect(at(loss, order)).toBeLessThanOrEqual(at(loss, order + 1) * (1 + 1e-9));
          expect(at(loss, order)).toBeLessThan(at(loss + 1, order));
          expect(at(loss, order)).toBeLessThanOrEqual(loss / 100 + 1e-12);
        }
      }),
    );
  });
});

describe('tails', () => {
  it('are never below the true ones', () => {
    const scale = 3;
    const table = discreteGaussianProbabilities(9, 200);
    for (const margin of [1, 2, 5, 20]) {
      let laplace = 0;
      for (let y = margin; y < 400; y++) laplace += discreteLaplaceProbability(y, scale);
      const gaussian = table.subarray(200 + margin).reduce((sum, value) => sum + value, 0);
      expect(discreteLaplaceTail({ scale, margin })).toBeGreaterThanOrEqual(laplace);
      expect(relative(discreteLaplaceTail({ scale, margin }), laplace)).toBeLessThan(1e-9);
      expect(discreteGaussianTail({ variance: 9, margin })).toBeGreaterThanOrEqual(gaussian);
    }
  });
});
