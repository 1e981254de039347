import { expect, it } from 'vitest';
import { parsePurposes } from './purposes.ts';
import { parsePrice, parseQuantity, parseTime } from './values.ts';

const now = Date.parse('2026-06-01T00:00:00Z');

it.each([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31 12:34:56', '2026-01-31T12:34:56.000Z'],
  ['2026-01-31T12:34Z', '2026-01-31T12:34:00.000Z'],
  ['2026-01-31T12:34:56.5+02:00', '2026-01-31T10:34:56.500Z'],
  ['2026-01-31T12:34:56.123456-0530', '2026-01-31T18:04:56.123Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
])('reads %s as %s', (text, iso) => expect(parseTime('at', text, now)).toEqual({ value: Date.parse(iso) }));

it.each([
  ['', 'not a date'],
  ['1767225600', 'not a date'],
  ['31/01/2026', 'not a date'],
  ['2026-02-29', 'does not exist'],
  ['2026-13-01', 'does not exist'],
  ['2026-01-31 24:00', 'does not exist'],
  ['1970-01-01', 'before 1990'],
  ['2026-06-01T00:06:00Z', 'in the future'],
])('rejects the time %j: %s', (text, reason) =>
  expect(parseTime('at', text, now)).toMatchObject({
    problem: { reason: expect.stringContaining(reason), column: 'at', value: text },
  }),
);

it.each(['0', '1.5', 'x', '', '1e3', '1000001', 'NaN'])('rejects the quantity %j', (text) =>
  expect(parseQuantity('q', text)).toHaveProperty('problem'),
);
it('reads quantities, returns and floats that are whole', () => {
  expect(['7', '-7', '7.0'].map((text) => parseQuantity('q', text))).toEqual([
    { value: 7 },
    { value: -7 },
    { value: 7 },
  ]);
});

it('keeps the digits of a price', () => expect(parsePrice('p', '0.100000000001')).toEqual({ value: '0.100000000001' }));
it('tells a negative price from no price', () => {
  expect(parsePrice('p', '-11062.06')).toMatchObject({ problem: { reason: 'a negative price' } });
  expect(parsePrice('p', '1,5')).toMatchObject({ problem: { reason: 'a price that is not a decimal' } });
});

it('reads purposes', () => {
  expect(['personalization, TRAINING', 'all', 'none', '', 'analytics'].map(parsePurposes)).toEqual([3, 7, 0, 0, 4]);
  expect(parsePurposes('training,marketing')).toBeNaN();
});
