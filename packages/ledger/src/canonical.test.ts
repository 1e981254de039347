import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';

it('has one text for equal values, whatever the order of their keys', () => {
  expect(canonicalJson('question', { b: [1, 'x', null], a: { d: true, c: undefined } })).toBe(
    '{"a":{"d":true},"b":[1,"x",null]}',
  );
});

it('is JSON that reads back to itself', () => {
  const storable = fc.jsonValue({ maxDepth: 5 }).filter((value) => !/\\u(0000|d[89a-f])/i.test(JSON.stringify(value)));
  fc.assert(
    fc.property(storable, (value) => {
      const text = canonicalJson('question', value);
      expect(canonicalJson('question', JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it.each([
  ['a function', () => 1],
  ['nothing', undefined],
  ['a bigint', 1n],
  ['a date', { at: new Date(0) }],
  ['a map', new Map()],
  ['infinity', [Number.POSITIVE_INFINITY]],
  ['a zero character', 'a\0'],
  ['half a character', { '\ud83d': 1 }],
  ['33 levels', JSON.parse(`${'['.repeat(34)}${']'.repeat(34)}`)],
])('refuses %s by name', (_what, value) => {
  expect(() => canonicalJson('question', value)).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', parameter: 'question' }),
  );
});
