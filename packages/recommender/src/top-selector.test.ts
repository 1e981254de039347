import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TopSelector } from './top-selector.ts';

it('keeps the best of what is offered, ties by the lower tie-break, and starts anew after a drain', () => {
  const scores = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(12), scores, scores, (capacity, ...rounds) => {
      const selector = new TopSelector(capacity);
      for (const round of rounds) {
        for (const [item, score] of round.entries()) selector.offer(item, score, -item);
        const items = new Int32Array(capacity);
        const kept = new Float32Array(capacity);
        const count = selector.drain(items, kept);
        const expected = [...round.entries()].sort(([a, x], [b, y]) => y - x || b - a).slice(0, capacity);
        expect([...items.subarray(0, count)].map((item, slot) => [item, kept[slot]])).toEqual(expected);
        expect(selector.size).toBe(0);
      }
    }),
    { seed: 1 },
  );
});

it('names the score under which nothing is kept', () => {
  const selector = new TopSelector(2);
  expect(selector.threshold).toBe(Number.NEGATIVE_INFINITY);
  for (const [item, score] of [3, 9, 5].entries()) selector.offer(item, score);
  expect(selector.threshold).toBe(5);
});
