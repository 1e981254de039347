import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkBound,
  checkDelta,
  checkDistinct,
  checkEpsilon,
  checkOpenProbability,
  checkPositive,
  PrivacyParameterError,
} from './checks.ts';
import {
  ceilRational,
  compareRationals,
  formatRational,
  integerSquareRoot,
  parseRational,
  rational,
  rationalFromDouble,
  rationalToDouble,
  roundUpToBits,
} from './rational.ts';

const fraction = fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }));

describe('exact numbers', () => {
  it('are read back as written', () => {
    fc.assert(
      fc.property(fraction, ([n, d]) => {
        const value = rational(n, d);
        expect(parseRational('value', formatRational(value))).toEqual(value);
      }),
    );
    // The longest decimals have more digits in their denominators than in their texts.
    const long = parseRational('value', `${'9'.repeat(39)}.${'0'.repeat(38)}1`);
    expect(parseRational('value', formatRational(long))).toEqual(long);
    for (const tooLong of [10n ** 78n, { numerator: 1n, denominator: 10n ** 78n }, '1'.repeat(400)]) {
      expect(() => parseRational('value', tooLong)).toThrow(/^value has too many digits/);
    }
    expect(parseRational('value', '0.125')).toEqual({ numerator: 1n, denominator: 8n });
    expect(parseRational('value', '-2.50')).toEqual({ numerator: -5n, denominator: 2n });
  });

  it('round up, and no further than a unit', () => {
    fc.assert(
      fc.property(fraction, fc.integer({ min: 0, max: 40 }), ([n, d], bits) => {
        const value = rational(n, d);
        const rounded = roundUpToBits(value, bits);
        const unit = rational(1n, 1n << BigInt(bits));
        expect(compareRationals(rounded, value)).toBeGreaterThanOrEqual(0);
        const below = rational(
          rounded.numerator * unit.denominator - rounded.denominator,
          rounded.denominator * unit.denominator,
        );
        expect(compareRationals(below, value)).toBeLessThan(0);
        expect(ceilRational(value) * d >= n && (ceilRational(value) - 1n) * d < n).toBe(true);
      }),
    );
  });

  it('match doubles where doubles are exact, and to one unit elsewhere', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e60, max: 1e60 }), (value) => {
        expect(rationalToDouble(rationalFromDouble(value))).toBe(value === 0 ? 0 : value);
      }),
    );
    expect(rationalToDouble(rational(1n, 3n))).toBe(1 / 3);
    expect(rationalToDouble(rational(10n ** 400n, 10n ** 399n))).toBe(10);
  });

  it('have exact square roots below', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (value) => {
        const root = integerSquareRoot(value);
        expect(root * root <= value && (root + 1n) ** 2n > value).toBe(true);
      }),
    );
  });
});

describe('checks', () => {
  const bad = [
    undefined,
    null,
    {},
    Number.NaN,
    Infinity,
    0.1,
    '',
    '1e9',
    '0x10',
    '1/0',
    '+1',
    ' 1',
    '9'.repeat(400),
    '1.',
    '.5',
    [1],
  ];

  it('name the parameter and leave out the value', () => {
    for (const value of bad) {
      for (const check of [checkPositive, checkEpsilon, checkOpenProbability]) {
        let error: unknown;
        try {
          check('someName', value);
        } catch (caught) {
          error = caught;
        }
        expect(error).toBeInstanceOf(PrivacyParameterError);
        expect((error as PrivacyParameterError).parameter).toBe('someName');
        expect((error as PrivacyParameterError).message).toMatch(/^someName /);
        if (typeof value === 'string' && value.length > 5) expect((error as Error).message).not.toContain(value);
      }
    }
  });

  it('keep numbers in range', () => {
    for (const value of ['0', '-1', '1001', `0.${'0'.repeat(30)}1`])
      expect(() => checkEpsilon('epsilon', value)).toThrow(/^epsilon/);
    expect(formatRational(checkEpsilon('epsilon', '1000'))).toBe('1000');
    for (const value of ['0', '1', '-0.5', '2']) expect(() => checkOpenProbability('delta', value)).toThrow(/^delta/);
    for (const value of [0, 1.5, -3, 2 ** 41, '1']) expect(() => checkBound('l0', value)).toThrow(/^l0/);
    for (const value of [-0.1, 1, Number.NaN, '0.1']) expect(() => checkDelta('delta', value)).toThrow(/^delta/);
    expect(() => checkDistinct('keys', ['a', 'a'])).toThrow(/^keys/);
  });

  it('accept every positive number in range, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 1_000_000 }), (n, d) => {
        expect(checkPositive('x', `${n}/${d}`)).toEqual(rational(BigInt(n), BigInt(d)));
      }),
    );
  });
});
