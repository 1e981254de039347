import { buildSchema, parse } from 'graphql';
import { compileQuery } from 'graphql-jit';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Context } from './context.ts';
import { prepareOperations } from './operation.ts';

vi.mock('graphql-jit', { spy: true });

const schema = buildSchema('type Query { name(of: String): String, self: Query }');

beforeEach(() => {
  vi.mocked(compileQuery).mockClear();
});

/** @returns how often each document was compiled in the end */
async function compileAll(texts: readonly string[]): Promise<number> {
  const run = prepareOperations(schema);
  for (const text of texts) {
    const operation = { document: parse(text), documentHash: text, operationName: undefined, variables: {} };
    expect(await run(operation, {} as Context)).toHaveProperty('data');
  }
  return vi.mocked(compileQuery).mock.calls.length;
}

it('compiles what is sent a second time, once', async () => {
  expect(await compileAll(['{ name }'])).toBe(0);
  expect(await compileAll(['{ name }', '{ self { name } }', '{ name }', '{ name }'])).toBe(1);
});

it('keeps what is compiled while others send each document but once', async () => {
  const inline = Array.from({ length: 2_000 }, (_, index) => `{ name(of: "${index}") }`);
  expect(await compileAll(['{ name }', '{ name }', ...inline, '{ name }'])).toBe(1);
});

it('never compiles what is very large, written out or expanded', async () => {
  const long = `{ ${Array.from({ length: 800 }, (_, index) => `name${index}: name`).join(' ')} }`;
  expect(long.length).toBeGreaterThan(10_000);
  const spreads = Array.from({ length: 6 }, (_, index) => {
    const twice = ['a', 'b', 'c'].map((alias) => `${alias}: self { ...f${index + 1} }`);
    return `fragment f${index} on Query { ${twice.join(' ')} }`;
  });
  const expanding = `{ ...f0 } ${spreads.join(' ')} fragment f6 on Query { name }`;
  for (const text of [long, expanding]) expect(await compileAll([text, text, text])).toBe(0);
});

it('forgets compiled queries by what they weigh', async () => {
  const large = (index: number) => `{ name(of: "${index} ${'x'.repeat(9_000)}") }`;
  const texts = Array.from({ length: 60 }, (_, index) => large(index)).flatMap((text) => [text, text]);
  expect(await compileAll([...texts, large(0)])).toBe(61);
});
