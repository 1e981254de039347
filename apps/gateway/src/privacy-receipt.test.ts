import { expect, it } from 'vitest';
import { PrivacyReceipt, sumDecimals } from './privacy-receipt.ts';

it.each([
  [[], '0'],
  [['0', '0.000'], '0'],
  [['0.1', '0.2'], '0.3'],
  [['0.000000000001', '999999999.999999999999'], '1000000000'],
  [['1', '0.50'], '1.5'],
])('adds %j exactly', (decimals, sum) => {
  expect(sumDecimals(decimals)).toBe(sum);
});

it('has nothing to tell of a request that neither priced nor asked', () => {
  const receipt = new PrivacyReceipt();
  expect(receipt.describe()).toBeUndefined();
  receipt.open();
  expect(receipt.describe()).toEqual({ epsilon: '0', releases: [], isComplete: true });
  receipt.noteBreak();
  expect(receipt.describe()).toEqual({ epsilon: '0', releases: [], isComplete: false });
});
