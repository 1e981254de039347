import { expect, it } from 'vitest';
import { measureLikeness, pickDiverse } from './diversity.ts';
import type { Facets } from './product-version.ts';

const facets = (leaf: number, brand = -1, titleHash = 0): Facets => ({
  leaf,
  parent: 100,
  grandparent: -1,
  brand,
  titleHash,
});
const CANDIDATES = [facets(1), facets(1), facets(1), facets(2), facets(3)];
const SCORES = [1, 0.9, 0.8, 0.7, 0.6];

it('is the order of the scores without diversity, and spreads categories with much of it', () => {
  expect(pickDiverse(CANDIDATES, SCORES, 5, 0)).toEqual([0, 1, 2, 3, 4]);
  expect(pickDiverse(CANDIDATES, SCORES, 3, 0.8)).toEqual([0, 3, 4]);
});

it('begins a longer order with the shorter one', () => {
  const whole = pickDiverse(CANDIDATES, SCORES, 5, 0.5);
  expect([...whole].sort()).toEqual([0, 1, 2, 3, 4]);
  for (let count = 0; count < 5; count++)
    expect(pickDiverse(CANDIDATES, SCORES, count, 0.5)).toEqual(whole.slice(0, count));
});

it('finds products the more alike the more they share', () => {
  const base = facets(1, 5, 0);
  const likenesses = [facets(1, 5, 0), facets(1, 5, 0xff), facets(1, 6, -1), facets(2, 6, -1)].map((other) =>
    measureLikeness(base, other),
  );
  expect(likenesses).toEqual([...likenesses].sort((left, right) => right - left));
  expect(likenesses[0]).toBeCloseTo(1);
  expect(new Set(likenesses).size).toBe(4);
  const unknown: Facets = { leaf: -1, parent: -1, grandparent: -1, brand: -1, titleHash: -1 };
  expect(measureLikeness(unknown, { ...unknown, titleHash: 0 })).toBe(0);
});
