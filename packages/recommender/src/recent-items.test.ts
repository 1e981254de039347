import { expect, it } from 'vitest';
import { INTERACTION_KINDS, type InteractionKind } from './interactions.ts';
import { RecentItems } from './recent-items.ts';
import { NOW, toHistory } from './testing/checkerboard.ts';

function read(capacity: number, rows: readonly (readonly [number, InteractionKind])[]) {
  const recent = new RecentItems(10, capacity);
  recent.read(toHistory([{ item: 7, time: NOW }]));
  recent.read(
    toHistory(rows.map(([item, kind], row) => ({ item, kind: INTERACTION_KINDS.indexOf(kind), time: NOW + row }))),
  );
  return Array.from({ length: recent.count }, (_, slot) => [recent.items[slot], recent.rows[slot]]);
}

it('reads the newest distinct items, each by its strongest row', () => {
  const rows = [
    [1, 'PURCHASE'],
    [2, 'VIEW'],
    [1, 'VIEW'],
    [3, 'CART'],
    [3, 'VIEW'],
  ] as const;
  expect(read(10, rows)).toEqual([
    [3, 3],
    [1, 0],
    [2, 1],
  ]);
});

it('reads at most so many items, and a stronger older row still counts for those', () => {
  expect(
    read(1, [
      [1, 'PURCHASE'],
      [2, 'VIEW'],
      [1, 'VIEW'],
    ]),
  ).toEqual([[1, 0]]);
});

it('leaves out what is disliked by now and what the model does not know', () => {
  const rows = [
    [1, 'LIKE'],
    [2, 'DISLIKE'],
    [1, 'DISLIKE'],
    [2, 'LIKE'],
    [10, 'VIEW'],
    [-1, 'VIEW'],
  ] as const;
  expect(read(10, rows)).toEqual([[2, 3]]);
});
