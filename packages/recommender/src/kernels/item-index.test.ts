import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { ItemIndex } from './item-index.ts';
import { scoreRows, selectTop } from './reference.ts';

const catalogues = fc.record({
  seed: fc.integer(),
  rank: fc.constantFrom(1, 8, 16, 40, 64, 1_024),
  items: fc.integer({ min: 1, max: 700 }),
  count: fc.integer({ min: 1, max: 40 }),
  // Norms over many magnitudes, as popular and rare items have.
  spread: fc.constantFrom(0, 1, 4),
});

test('finds exactly what scoring everything finds', () => {
  fc.assert(
    fc.property(catalogues, ({ seed, rank, items, count, spread }) => {
      const random = createRandom(seed);
      const factors = new Float32Array(items * rank);
      for (let item = 0; item < items; item++) {
        const size = 10 ** (spread * (random() - 0.5));
        for (let k = 0; k < rank; k++) factors[item * rank + k] = size * (random() + random() - 1);
      }
      const query = Float32Array.from({ length: rank }, () => random() - 0.5);
      const index = new ItemIndex(factors, rank);
      const found = index.search(query, count);
      // The reference sums in double precision: where two scores differ by rounding alone, either may come first.
      const exact = scoreRows(query, factors);
      const expected = selectTop(exact, count);
      expect(found.items.length).toBe(expected.length);
      let greatest = 0;
      for (let start = 0; start < factors.length; start += rank) {
        greatest = Math.max(greatest, Math.hypot(...factors.subarray(start, start + rank)));
      }
      const tolerance = 1e-6 * greatest * Math.hypot(...query);
      for (const [rankOf, item] of found.items.entries()) {
        expect(Math.abs(exact[item]! - exact[expected[rankOf]!]!)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(found.scores[rankOf]! - exact[item]!)).toBeLessThanOrEqual(tolerance);
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});

test('zero vectors, and more than there are', () => {
  const index = new ItemIndex(new Float32Array(6), 2);
  expect([...index.search(Float32Array.of(0, 0), 5).items]).toEqual([0, 1, 2]);
  expect(() => index.search(Float32Array.of(0, 0), 0)).toThrow(RangeError);
  expect(() => index.search(Float32Array.of(0, 0), 1_001)).toThrow(RangeError);
  expect(() => new ItemIndex(new Float32Array(1_025), 1_025)).toThrow(RangeError);
});
