import { describe, expect, it } from 'vitest';
import type { Interactions } from '../interactions.ts';
import { Pacer } from '../pacing.ts';
import { createRandom } from '../random.ts';
import { createContext, NOW, toInteractions } from '../testing/checkerboard.ts';
import { TrainingImpossible } from '../trainer.ts';
import { keepStrongest, solveEase } from './ease.ts';

const ITEMS = 30;
const LAMBDA = 4;

function drawUsers(): number[][] {
  const random = createRandom(5);
  return Array.from({ length: 80 }, () =>
    Array.from({ length: ITEMS }, (_, item) => item).filter((item) => random() < 0.1 + 0.3 * Number(item % 3 === 0)),
  );
}

describe('solveEase', () => {
  it('meets the conditions of the minimum: no off-diagonal weight has a gradient, the diagonal is zero', async () => {
    const users = drawUsers();
    const rows = users.map((items) => items.map((item) => ({ item, time: NOW })));
    const input = { interactions: toInteractions(rows, ITEMS), productIds: new Int32Array(ITEMS), now: NOW };
    const solved = await solveEase({ lambda: LAMBDA, halfLifeDays: 30 }, input, createContext());
    const weights = new Float32Array(ITEMS * ITEMS);
    for (let item = 0; item < ITEMS; item++) {
      solved.readRow(item, weights.subarray(item * ITEMS, (item + 1) * ITEMS));
    }
    const gram = (left: number, right: number) =>
      users.filter((items) => items.includes(left) && items.includes(right)).length;
    for (let target = 0; target < ITEMS; target++) {
      expect(weights[target * ITEMS + target]).toBe(0);
      for (let item = 0; item < ITEMS; item++) {
        if (item === target) continue;
        let gradient = LAMBDA * weights[item * ITEMS + target]! - gram(item, target);
        for (let other = 0; other < ITEMS; other++) gradient += gram(item, other) * weights[other * ITEMS + target]!;
        expect(Math.abs(gradient)).toBeLessThan(1e-3);
      }
    }
  });
});

describe('what EASE cannot be trained on', () => {
  const productIds = new Int32Array(0);
  const solve = (interactions: Interactions, lambda: number) =>
    solveEase({ lambda, halfLifeDays: 36_500 }, { interactions, productIds, now: NOW }, createContext());

  it('is too many products', async () => {
    const solving = solve(toInteractions([], 45_001), 300);
    await expect(solving).rejects.toThrow(TrainingImpossible);
    await expect(solving).rejects.toThrow('EASE takes up to 45,000 products; use ials or item-cosine.');
  });

  it('is a lambda that single precision loses, told without how often anything was bought', async () => {
    const users = Array.from({ length: 3_217 }, () => [0, 1].map((item) => ({ item, time: NOW })));
    const solving = solve(toInteractions(users, 2), 0.001);
    await expect(solving).rejects.toThrow(TrainingImpossible);
    await expect(solving).rejects.toThrow(/take 0\.01 or more\.$/);
    await expect(solve(toInteractions(users, 2), 0.01)).resolves.toMatchObject({ itemCount: 2 });
  });
});

describe('keepStrongest', () => {
  it('keeps the weights furthest from zero, columns ascending', async () => {
    const dense = Float32Array.of(0, 0.1, -0.9, 0.5, /* */ 0, 0, 0, 0.2, /* */ 0, 0, 0, 0, /* */ 3, -2, 1, 0);
    const rows = {
      itemCount: 4,
      readRow: (row: number, out: Float32Array) => out.set(dense.subarray(4 * row, 4 * row + 4)),
    };
    const kept = await keepStrongest(rows, 2, new Pacer(createContext(), 'test'));
    expect([...kept.rowPtr]).toEqual([0, 2, 3, 3, 5]);
    expect([...kept.columnIdx]).toEqual([2, 3, 3, 0, 1]);
    expect(kept.values).toEqual(Float32Array.of(-0.9, 0.5, 0.2, 3, -2));
  });
});
