import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ceilShare, ceilToDecimal, formatDecimal, parseDecimal } from './decimals.ts';

it.each([
  ['1', '1'],
  ['0.50', '0.5'],
  ['007.000000000001', '7.000000000001'],
  ['0.000000000000', '0'],
])('reads %s and writes %s', (text, shortest) => {
  expect(formatDecimal(parseDecimal('epsilon', text))).toBe(shortest);
});

it('writes numbers below zero', () => {
  expect(formatDecimal(-1n)).toBe('-0.000000000001');
});

it.each(['', '-1', '+1', '1.', '.5', '1e3', '0.0000000000001', '1234567890', '1/2', 1, null])('refuses %j', (text) => {
  expect(() => parseDecimal('epsilon', text)).toThrow(expect.objectContaining({ parameter: 'epsilon' }));
});

it('rounds up, by less than two units', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1_000, noNaN: true }), (value) => {
      // value = numerator / 2^1074 exactly, so that the comparison is one of whole numbers.
      const [units, scale] = [ceilToDecimal(value), 1n << 1074n];
      const exact = BigInt(Math.floor(value)) * scale + fractionIn(value - Math.floor(value), scale);
      const excess = units * scale - exact * 10n ** 12n;
      expect(excess >= 0n && excess < 2n * scale).toBe(true);
    }),
  );
  expect(ceilShare(1n, 3n)).toBe(333_333_333_334n);
  expect(ceilShare(2n, 2n)).toBe(10n ** 12n);
});

/** A double below 1 times a power of two, exactly. */
function fractionIn(fraction: number, scale: bigint): bigint {
  let [rest, result, unit] = [fraction, 0n, scale];
  while (rest > 0) {
    rest *= 2;
    unit /= 2n;
    if (rest >= 1) {
      rest -= 1;
      result += unit;
    }
  }
  return result;
}
