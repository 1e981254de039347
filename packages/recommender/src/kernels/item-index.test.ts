import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { ItemIndex } from './item-index.ts';
import { scoreRows, selectTop } from './reference.ts';

const catalogues = fc.record({
  seed: fc.integer(),
  rank: fc.constantFrom(1, 8, 16, 40, 64),
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
      expect(found).toEqual(index.searchAll(query, count));
      // The reference sums in another order: where two scores differ by rounding alone, either may come first.
      const exact = scoreRows(query, factors);
      const expected = selectTop(exact, count);
      expect(found.items.length).toBe(expected.length);
      for (const [rankOf, item] of found.items.entries()) {
        expect(exact[item]).toBeCloseTo(exact[expected[rankOf]!]!, 4);
        expect(found.scores[rankOf]).toBeCloseTo(exact[item]!, 4);
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});

test('scores can be set out of the running', () => {
  const index = new ItemIndex(Float32Array.of(3, 1, 2, 2), 1);
  const scores = index.score(Float32Array.of(2));
  expect([...scores]).toEqual([6, 2, 4, 4]);
  scores[0] = Number.NEGATIVE_INFINITY;
  expect([...index.selectTop(2).items]).toEqual([2, 3]);
  expect([...index.selectTop(9).items]).toEqual([2, 3, 1, 0]);
});

test('zero vectors, and more than there are', () => {
  const index = new ItemIndex(new Float32Array(6), 2);
  expect([...index.search(Float32Array.of(0, 0), 5).items]).toEqual([0, 1, 2]);
  expect(() => index.search(Float32Array.of(0, 0), 0)).toThrow(RangeError);
  expect(() => index.search(Float32Array.of(0, 0), 1_001)).toThrow(RangeError);
});
