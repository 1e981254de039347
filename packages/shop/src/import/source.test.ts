import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';
import { readJsonLines } from './json.ts';
import { readJsonArray } from './json-array.ts';
import { findSource, readUtf8 } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-source-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const write = (bytes: string | Buffer) => {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, bytes);
  return path;
};
const collect = async <T>(items: AsyncIterable<T>) => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
const ignore = () => undefined;
const readText = async (bytes: string | Buffer) =>
  Buffer.concat(await collect(readUtf8(await findSource(write(bytes)), ignore))).toString();
const readCsvText = async (bytes: string | Buffer) => {
  const file = await findSource(write(bytes));
  return collect(readCsv(file, ignore, () => (cells) => ({ kind: 'facts', facts: { sku: cells[0]!, at: 0 } })));
};

describe('a source file', () => {
  it('is read plain or gz, without its byte order mark', async () => {
    expect(await readText('grün')).toBe('grün');
    expect(await readText(gzipSync('\ufeffgrün'))).toBe('grün');
  });

  it('may have a character across two pieces', async () => {
    const text = `${'x'.repeat(256 * 1024 - 1)}😀é`;
    expect(await readText(text)).toBe(text);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2', 'utf16le'), 'line 1, column 1: is UTF-16'],
    ['UTF-16 without a mark', Buffer.from('a,b\n1,2', 'utf16le'), 'line 1, column 2: a zero byte'],
    ['Latin-1', Buffer.from('a,b\n1,gr\xfcn\n', 'latin1'), 'line 2, column 5: bytes that are not UTF-8'],
    ['a cut character', Buffer.from('a,b\n1,ü').subarray(0, -1), 'line 2, column 3: bytes that are not UTF-8'],
    ['a cut gz', gzipSync('a,b\n'.repeat(5_000)).subarray(0, -20), 'ends in the middle of its compressed data'],
    ['a broken gz', Buffer.concat([gzipSync('a').subarray(0, 10), Buffer.alloc(20, 7)]), 'broken gz data'],
  ])('is refused when it is %s', async (_, bytes, message) => {
    await expect(readText(bytes)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(message),
    });
  });

  it('is refused when it is missing, a folder or empty', async () => {
    mkdirSync(join(folder, 'inner'));
    const refusal = (message: string) => ({ code: 'BAD_INPUT', message: expect.stringContaining(message) });
    await expect(findSource(join(folder, 'missing'))).rejects.toMatchObject(refusal('there is no such file'));
    await expect(findSource(join(folder, 'inner'))).rejects.toMatchObject(refusal('is a folder'));
    await expect(findSource(write(''))).rejects.toMatchObject(refusal('is empty'));
  });
});

describe('CSV', () => {
  it('tells the line of every row, after quoted line breaks and empty lines too', async () => {
    const rows = await readCsvText('a,b\n1,"x\ny"\n\n2,"say ""hi"", you"\r\n3,z');
    expect(rows.map(({ origin }) => [origin.line, origin.cells])).toEqual([
      [2, ['1', 'x\ny']],
      [5, ['2', 'say "hi", you']],
      [6, ['3', 'z']],
    ]);
  });

  it('rejects a row of another length and reads on', async () => {
    const rows = await readCsvText('a,b\n1\n1,2,3\n1,2\n');
    expect(rows.map(({ content }) => content.kind)).toEqual(['rejected', 'rejected', 'facts']);
  });

  it.each([
    ['a quote that is not closed', 'a,b\n1,2\n3,"4\n5,6\n', ': a quote is opened here'],
    ['a stray quote', 'a,b\n1,x"y"\n', 'line 2: is not valid CSV'],
    ['a row without an end', `a,b\n1,"${'x'.repeat(1_100_000)}`, 'line 2: a row is longer than'],
    ['a column twice', 'a,a\n', 'line 1: has the column a twice'],
    ['no line at all', '\n\n', 'is empty'],
  ])('is refused for %s', async (_, text, message) => {
    await expect(readCsvText(text)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(message),
    });
  });
});

describe('JSON', () => {
  const lines = async (text: string) => collect(readJsonLines(await findSource(write(text)), ignore));
  const array = async (text: string) => collect(readJsonArray(await findSource(write(text)), ignore));

  it('is read line by line', async () => {
    const read = await lines('{"a": 1}\r\n\n{"b": "ü"}');
    expect(read.map(({ line, value }) => [line, value])).toEqual([
      [1, { a: 1 }],
      [3, { b: 'ü' }],
    ]);
  });

  it('is read object by object from one list, brackets and quotes in strings included', async () => {
    const values = [{ a: '}]"\\' }, { b: [{ c: 1 }, []] }, {}];
    const read = await array(`\n${JSON.stringify(values, null, 2)}\n`);
    expect(read.map(({ value }) => value)).toEqual(values);
    expect(read.map(({ line }) => line)).toEqual([3, 6, 14]);
    const long = Array.from({ length: 30_000 }, (_, i) => ({ i, text: 'x'.repeat(20) }));
    expect((await array(JSON.stringify(long))).map(({ value }) => value)).toEqual(long);
  });

  it.each([
    ['a broken line', () => lines('{"a": 1}\n{"a": 1,}\n'), 'line 2, column 9: is not valid JSON'],
    ['a cut line', () => lines('{"a": 1}\n{"a"'), 'line 2, column 5: is not valid JSON'],
    ['a line without an end', () => lines('x'.repeat(1_500_000)), 'line 1: is longer than'],
    ['a list that is cut', () => array('[{"a": 1},\n{"b"'), 'line 2, column 4: the list ends too early'],
    ['an object that is broken', () => array('[{"a": 1},\n {"b" 2}]'), 'line 2, column 7: is not valid JSON'],
    ['something else than a list', () => array('{"a": 1}'), 'line 1, column 1: one list of objects is expected'],
    ['a list of something else', () => array('[{}, 1]'), 'line 1, column 6: one list of objects is expected'],
    ['something after the list', () => array('[{}] {}'), 'line 1, column 6: one list of objects is expected'],
  ])('is refused for %s', async (_, read, message) => {
    await expect(read()).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining(message) });
  });
});
