import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { decomposeSymmetric } from './eigen.ts';

const symmetric = fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer()).map(([order, seed]) => {
  const random = createRandom(seed);
  const matrix = new Float64Array(order * order);
  for (let i = 0; i < order; i++) {
    for (let j = 0; j <= i; j++) {
      // Zeros and repeats too: decoupled and degenerate spectra take other branches.
      const value = random() < 0.3 ? 0 : Math.round(random() * 8 - 4);
      matrix[i * order + j] = value;
      matrix[j * order + i] = value;
    }
  }
  return { order, matrix };
});

test('A v = value v, and the vectors are orthonormal', () => {
  fc.assert(
    fc.property(symmetric, ({ order, matrix }) => {
      const { values, vectors } = decomposeSymmetric(matrix, order);
      for (let a = 0; a < order; a++) {
        for (let b = 0; b < order; b++) {
          let product = 0;
          let overlap = 0;
          for (let k = 0; k < order; k++) {
            product += matrix[a * order + k]! * vectors[k * order + b]!;
            overlap += vectors[k * order + a]! * vectors[k * order + b]!;
          }
          expect(product).toBeCloseTo(values[b]! * vectors[a * order + b]!, 9);
          expect(overlap).toBeCloseTo(a === b ? 1 : 0, 9);
        }
        if (a > 0) expect(values[a]).toBeGreaterThanOrEqual(values[a - 1]!);
      }
    }),
    { numRuns: 60, seed: 1 },
  );
});

test.each([8, 40, 90, 160])('eigenvalues over many magnitudes, entries 1e-%i apart, stay finite', (digits) => {
  const order = 16;
  const random = createRandom(digits);
  const matrix = new Float64Array(order * order);
  for (let i = 0; i < order; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (random() - 0.5) * 10 ** -((digits * (i + j)) / 4);
      matrix[i * order + j] = value;
      matrix[j * order + i] = value;
    }
  }
  // Both ways round: the reduction starts at the last row.
  for (const given of [matrix, matrix.toReversed(), matrix.map((entry) => entry * 1e-150)]) {
    const { values, vectors } = decomposeSymmetric(given, order);
    const greatest = Math.max(...values.map(Math.abs));
    for (let a = 0; a < order; a++) {
      for (let b = 0; b < order; b++) {
        let product = 0;
        for (let k = 0; k < order; k++) product += given[a * order + k]! * vectors[k * order + b]!;
        expect(Math.abs(product - values[b]! * vectors[a * order + b]!)).toBeLessThanOrEqual(1e-13 * greatest);
      }
    }
  }
});

test('refuses what is not finite', () => {
  expect(() => decomposeSymmetric(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow(RangeError);
});
