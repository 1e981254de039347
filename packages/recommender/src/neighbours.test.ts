import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findCosineNeighbours, toSparseRows } from './neighbours.ts';
import { Pacer } from './pacing.ts';
import { valueAt } from './sparse-matrix.ts';
import { createContext, NOW, toInteractions } from './testing/checkerboard.ts';
import { collectUserItems } from './user-items.ts';

const ITEMS = 6;
const baskets = fc.array(fc.uniqueArray(fc.nat(ITEMS - 1)), { minLength: 1, maxLength: 12 });

function find(users: readonly (readonly number[])[], width: number, shrinkage: number) {
  const rows = users.map((items) => items.map((item) => ({ item, time: NOW })));
  const matrix = collectUserItems(toInteractions(rows, ITEMS), 100);
  return findCosineNeighbours(matrix, { width, shrinkage }, new Pacer(createContext(), 'test'));
}

function cosineOf(users: readonly (readonly number[])[], left: number, right: number, shrinkage: number): number {
  const count = (...items: number[]) => users.filter((basket) => items.every((item) => basket.includes(item))).length;
  const common = count(left, right);
  return common === 0 ? 0 : (common / Math.sqrt(count(left) * count(right))) * (common / (common + shrinkage));
}

it('finds the cosines of the user sets', async () => {
  await fc.assert(
    fc.asyncProperty(baskets, fc.constantFrom(0, 2), async (users, shrinkage) => {
      const rows = toSparseRows(await find(users, ITEMS, shrinkage));
      for (let left = 0; left < ITEMS; left++) {
        for (let right = 0; right < ITEMS; right++) {
          const expected = left === right ? 0 : cosineOf(users, left, right, shrinkage);
          expect(valueAt(rows, left, right)).toBeCloseTo(expected, 6);
        }
      }
    }),
    { seed: 3, numRuns: 50 },
  );
});

it('lists the strongest first and keeps no more than its width', async () => {
  const users = [[0, 1], [0, 1], [0, 2], [3]];
  const { ptr, items } = await find(users, 1, 0);
  expect([...ptr]).toEqual([0, 1, 2, 3, 3, 3, 3]);
  expect([...items]).toEqual([1, 0, 0]);
});
