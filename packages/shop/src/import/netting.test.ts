import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type NettableRow, netReturns } from './netting.ts';

/** Rows from signed quantities, positions from 1. */
const rows = (...quantities: number[]): NettableRow[] =>
  quantities.map((quantity, i) => ({
    position: i + 1,
    kind: quantity < 0 ? 'return' : 'interaction',
    quantity: Math.abs(quantity),
  }));
const left = (...quantities: number[]) =>
  Object.fromEntries(netReturns(rows(...quantities)).changed.map(({ position, quantity }) => [position, quantity]));

it('takes a whole purchase back', () => expect(left(5, -5)).toEqual({ 1: 0, 2: 0 }));
it('takes part of one', () => expect(left(5, -2)).toEqual({ 1: 3, 2: 0 }));
it('takes from the latest purchase first, then from those before', () =>
  expect(left(5, 3, -4)).toEqual({ 1: 4, 2: 0, 3: 0 }));
it('does not reach purchases that come later', () => {
  const { changed, rejected } = netReturns(rows(-2, 5));
  expect(changed).toEqual([]);
  expect(rejected).toMatchObject([{ position: 1, rejection: { reason: 'a return without a purchase before it' } }]);
});
it('rejects a return of more than was bought, after taking what there is', () => {
  const { changed, rejected } = netReturns(rows(2, -5));
  expect(changed).toEqual([{ position: 1, quantity: 0 }]);
  expect(rejected).toMatchObject([
    { position: 2, rejection: { reason: 'a return of more than was bought before it', value: '-5' } },
  ]);
});
it('calls a return after everything was returned one without a purchase', () =>
  expect(netReturns(rows(2, -2, -1)).rejected).toMatchObject([
    { position: 3, rejection: { reason: 'a return without a purchase before it' } },
  ]));

it('never loses or makes up a unit', () => {
  const quantity = fc.integer({ min: -9, max: 9 }).filter((value) => value !== 0);
  fc.assert(
    fc.property(fc.array(quantity, { maxLength: 30 }), (quantities) => {
      const input = rows(...quantities);
      const { changed, rejected } = netReturns(input);
      const after = new Map(changed.map(({ position, quantity }) => [position, quantity]));
      const bought = input.filter(({ kind }) => kind === 'interaction');
      for (const { position, quantity } of bought)
        expect(after.get(position) ?? quantity).toBeLessThanOrEqual(quantity);
      const taken = bought.reduce(
        (sum, { position, quantity }) => sum + quantity - (after.get(position) ?? quantity),
        0,
      );
      const returned = input.filter(({ kind }) => kind === 'return');
      const explained = returned
        .filter(({ position }) => after.has(position))
        .reduce((sum, { quantity }) => sum + quantity, 0);
      const rejectedUnits = returned
        .filter(({ position }) => rejected.some((row) => row.position === position))
        .reduce((sum, { quantity }) => sum + quantity, 0);
      expect(returned).toHaveLength(rejected.length + returned.filter(({ position }) => after.has(position)).length);
      expect(taken).toBeGreaterThanOrEqual(explained);
      expect(taken).toBeLessThanOrEqual(explained + rejectedUnits);
    }),
    { seed: 1, numRuns: 300 },
  );
});
