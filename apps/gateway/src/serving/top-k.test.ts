import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectTopK } from './top-k.ts';

it('selects what a full sort would', () => {
  const score = fc.oneof(
    fc.integer({ min: -2, max: 5 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, 0.5),
  );
  fc.assert(
    fc.property(fc.array(score, { maxLength: 200 }), fc.nat({ max: 60 }), fc.nat({ max: 4 }), (scores, count, odd) => {
      const isEligible = (position: number) => position % 5 !== odd;
      const tieBreakOf = (position: number) => (position * 7) % 211;
      const expected = scores
        .map((score, position) => ({ score, position }))
        .filter(({ score, position }) => Number.isFinite(score) && score > 0 && isEligible(position))
        .sort((left, right) => right.score - left.score || tieBreakOf(left.position) - tieBreakOf(right.position))
        .slice(0, count);
      const found = selectTopK(Float32Array.from(scores), count, isEligible, tieBreakOf);
      expect([...found.positions]).toEqual(expected.map(({ position }) => position));
      expect([...found.scores]).toEqual(expected.map(({ score }) => score));
    }),
    { seed: 1, numRuns: 300 },
  );
});
