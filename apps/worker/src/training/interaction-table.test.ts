import { expect, it } from 'vitest';
import { InteractionTable } from './interaction-table.ts';

function gather(customers: readonly (readonly number[])[], maxPerUser: number) {
  const table = new InteractionTable(maxPerUser);
  const rowCount = customers.reduce((sum, rows) => sum + rows.length, 0);
  table.begin({ customerCount: customers.length, rowCount, productIds: Int32Array.of(3, 7, 9) });
  for (const rows of customers)
    for (const [index, productId] of rows.entries()) table.row(index === 0, productId, index % 6, 100 + index);
  return table.finish();
}

it('numbers products as items and leaves out what is not sold any more, and whoever is left with nothing', () => {
  const { interactions, productIds } = gather([[7, 8, 3], [8, 99], [9], [2]], 10);
  expect([...productIds]).toEqual([3, 7, 9]);
  expect(interactions).toMatchObject({ userCount: 2, itemCount: 3 });
  expect([...interactions.userPtr]).toEqual([0, 2, 3]);
  expect([...interactions.itemIdx]).toEqual([1, 0, 2]);
  expect([...interactions.kind]).toEqual([0, 2, 0]);
  expect([...interactions.time]).toEqual([100, 102, 100]);
  expect(interactions.itemIdx.buffer).toBeInstanceOf(SharedArrayBuffer);
});

it('numbers the products it is told to, whatever is on sale by then', () => {
  const table = new InteractionTable(10, Int32Array.of(7, 11));
  table.begin({ customerCount: 1, rowCount: 2, productIds: Int32Array.of(3, 7, 9, 11) });
  table.row(true, 11, 0, 100);
  table.row(false, 9, 0, 101);
  const { interactions, productIds } = table.finish();
  expect([...productIds]).toEqual([7, 11]);
  expect([...interactions.itemIdx]).toEqual([1]);
  expect(interactions.itemCount).toBe(2);
});

it('keeps the newest rows of a customer with too many', () => {
  const { interactions } = gather(
    [
      [3, 7, 9, 3],
      [7, 9],
      [9, 9, 3],
    ],
    2,
  );
  expect([...interactions.userPtr]).toEqual([0, 2, 4, 6]);
  expect([...interactions.itemIdx]).toEqual([2, 0, 1, 2, 2, 0]);
  expect([...interactions.time]).toEqual([102, 103, 100, 101, 101, 102]);
});

it('takes nothing at all', () => {
  const table = new InteractionTable(2);
  table.begin({ customerCount: 0, rowCount: 0, productIds: new Int32Array() });
  expect(table.finish().interactions).toMatchObject({ userCount: 0, itemCount: 0 });
});
