import { AppError, type ImportResult } from '@sotto/shop';
import { describe, expect, it } from 'vitest';
import { parseImportArguments } from './import-options.ts';
import { renderImport, toImportJson } from './import-report.ts';
import { parseSeedArguments } from './seed.ts';

describe('npm run import', () => {
  it('reads its arguments', () => {
    const args = [
      'online-retail',
      '/data/file.csv',
      '--replace',
      '--rejected',
      '/tmp/out.csv',
      '--consent',
      'training',
    ];
    const { format, ...options } = parseImportArguments(args);
    expect(format.name).toBe('online-retail');
    expect(options).toEqual({
      path: '/data/file.csv',
      isReplacing: true,
      isJson: false,
      rejectedPath: '/tmp/out.csv',
      consentMask: 2,
    });
    expect(parseImportArguments(['csv', '/data', '--consent', 'none', '--json'])).toMatchObject({
      consentMask: 0,
      isJson: true,
    });
  });

  it.each([
    [[], 'A format and a path are needed'],
    [['excel', '/data'], 'There is no format excel'],
    [['csv'], 'A path is needed'],
    [['csv', '/a', '/b'], 'One path is enough'],
    [['csv', '/a', '--consent', 'marketing'], 'names a purpose that there is not'],
    [['csv', '/a', '--force'], '--force'],
  ])('explains itself for %j', (args, message) => {
    expect(() => parseImportArguments(args)).toThrow(AppError);
    expect(() => parseImportArguments(args)).toThrow(message);
    expect(() => parseImportArguments(args)).toThrow('npm run import -- <format> <path>');
  });

  const result: ImportResult = {
    format: 'csv',
    read: 1_234,
    outcomes: { stored: 1_000, netted: 0, catalogueOnly: 200, duplicate: 30, rejected: 4 },
    rejections: [{ reason: 'an unknown product', count: 4, example: 'a.csv line 5: sku "sofa"' }],
    seconds: 1.25,
    peakMemoryMb: 120,
    newCustomers: 7,
    consentMask: 3,
  };

  it('shows every outcome, and an example of each rejection', () => {
    const text = renderImport(result);
    expect(text).toContain('csv: 1,234 rows in 1.3 s, at most 120 MB of memory');
    expect(text).toMatch(/stored +1,000/);
    expect(text).toMatch(/4 {2}an unknown product {2}a\.csv line 5: sku "sofa"/);
    expect(text).toMatch(/7 new customers: they grant PERSONALIZATION, TRAINING/);
    expect(renderImport({ ...result, consentMask: 0 })).toContain('they grant nothing');
  });

  it('has a JSON of the agreed keys alone', () => {
    expect(Object.keys(toImportJson(result))).toEqual([
      'format',
      'read',
      'outcomes',
      'rejections',
      'seconds',
      'peakMemoryMb',
    ]);
  });
});

describe('npm run seed', () => {
  const now = new Date('2026-06-01T10:20:30Z');

  it('makes the shop end at this minute, unless it is told otherwise', () => {
    expect(parseSeedArguments([], now)).toEqual({
      customers: 20_000,
      products: 1_000,
      seed: 1,
      until: new Date('2026-06-01T10:20:00Z'),
      isReplacing: false,
      isJson: false,
    });
    expect(parseSeedArguments(['--customers', '2000', '--until', '2026-01-01T00:00:00Z'], now)).toMatchObject({
      customers: 2_000,
      until: new Date('2026-01-01T00:00:00Z'),
    });
  });

  it.each([
    ['--customers', '0'],
    ['--customers', 'many'],
    ['--products', '3'],
    ['--until', '2027-01-01'],
    ['--until', 'soon'],
    ['--what', ''],
  ])('refuses %s %s', (...args) => expect(() => parseSeedArguments(args, now)).toThrow('npm run seed --'));
});
