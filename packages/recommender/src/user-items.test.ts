import { expect, it } from 'vitest';
import { INTERACTION_KINDS } from './interactions.ts';
import { transpose } from './sparse-matrix.ts';
import { NOW, toInteractions } from './testing/checkerboard.ts';
import { collectUserItems, SECONDS_PER_DAY } from './user-items.ts';

const row = (item: number, kind: (typeof INTERACTION_KINDS)[number]) => ({
  item,
  kind: INTERACTION_KINDS.indexOf(kind),
  time: NOW,
});

it('counts an item once, by its strongest kind, the newest first, and takes back what is disliked by now', () => {
  const interactions = toInteractions(
    [
      [row(0, 'VIEW'), row(1, 'VIEW'), row(0, 'PURCHASE'), row(0, 'VIEW')],
      [row(2, 'LIKE'), row(1, 'CART'), row(2, 'DISLIKE')],
    ],
    3,
  );
  const matrix = collectUserItems(interactions, 10);
  expect([...matrix.rowPtr]).toEqual([0, 2, 3]);
  expect([...matrix.columnIdx]).toEqual([0, 1, 1]);
  expect(matrix.values).toEqual(Float32Array.of(1, 0.3, 0.6));
});

it('keeps the newest items of a user who has too many', () => {
  const interactions = toInteractions([[0, 1, 2, 3].map((item) => row(item, 'PURCHASE'))], 4);
  expect([...collectUserItems(interactions, 2).columnIdx]).toEqual([3, 2]);
});

it('weighs a row by its age, and an old purchase against a new view', () => {
  const aged = (item: number, kind: (typeof INTERACTION_KINDS)[number], daysAgo: number) => ({
    ...row(item, kind),
    time: NOW - daysAgo * SECONDS_PER_DAY,
  });
  const rows = [aged(0, 'PURCHASE', 20), aged(1, 'PURCHASE', 10), aged(0, 'VIEW', 0), aged(2, 'CART', -5)];
  const matrix = collectUserItems(toInteractions([rows], 3), 10, { now: NOW, halfLifeDays: 10 });
  expect([...matrix.columnIdx]).toEqual([2, 0, 1]);
  expect(matrix.values).toEqual(Float32Array.of(0.6, 0.3, 0.5));
});

it('transposes with ascending columns', () => {
  const interactions = toInteractions([[row(1, 'VIEW'), row(0, 'PURCHASE')], [], [row(1, 'PURCHASE')]], 2);
  const byItem = transpose(collectUserItems(interactions, 10));
  expect([...byItem.rowPtr]).toEqual([0, 1, 3]);
  expect([...byItem.columnIdx]).toEqual([0, 0, 2]);
  expect(byItem.values).toEqual(Float32Array.of(1, 0.3, 1));
});
