import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitByTime } from '@sotto/recommender/evaluation';
import { onlineRetail } from '@sotto/shop';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readImported } from './imported.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sotto-evaluate-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(lines: readonly string[]): Promise<string> {
  const path = join(folder, 'sales.csv');
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
  await writeFile(path, [header, ...lines, ''].join('\n'));
  return path;
}

it('reads sales by customer and time, returns netted, other lines left out', async () => {
  const path = await write([
    '536366,22633,HAND WARMER,6,2010-12-03 08:28:00,1.85,17850.0,United Kingdom',
    '536365,85123A,LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
    '536367,85123A,LIGHT HOLDER,2,2010-12-04 08:26:00,2.55,13047.0,United Kingdom',
    'C536368,22633,HAND WARMER,-6,2010-12-05 08:26:00,1.85,17850.0,United Kingdom',
    'C536369,85123A,LIGHT HOLDER,-1,2010-12-06 08:26:00,2.55,13047.0,United Kingdom',
    '536370,POST,POSTAGE,1,2010-12-01 08:45:00,18,17850.0,United Kingdom',
    '536371,22633,HAND WARMER,6,2010-12-01 08:28:00,1.85,,United Kingdom',
  ]);
  const log = await readImported(onlineRetail, path);
  const interactions = log.before(Number.POSITIVE_INFINITY);
  expect([...interactions.userPtr]).toEqual([0, 1, 2]);
  expect([...interactions.itemIdx]).toEqual([1, 1]);
  expect([...interactions.time]).toEqual([Date.UTC(2010, 11, 1, 8, 26) / 1_000, Date.UTC(2010, 11, 4, 8, 26) / 1_000]);
});

it('knows of a return only once it happened', async () => {
  const path = await write([
    '536365,85123A,LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
    '536366,22633,HAND WARMER,6,2010-12-01 08:26:00,1.85,17850.0,United Kingdom',
    '536367,22633,HAND WARMER,6,2011-02-01 08:26:00,1.85,17850.0,United Kingdom',
    'C536368,85123A,LIGHT HOLDER,-6,2011-02-02 08:26:00,2.55,17850.0,United Kingdom',
    '536369,22752,NESTING BOXES,2,2011-02-03 08:26:00,7.65,17850.0,United Kingdom',
    'C536370,22752,NESTING BOXES,-2,2011-02-04 08:26:00,7.65,17850.0,United Kingdom',
  ]);
  const log = await readImported(onlineRetail, path);
  expect(log.newest).toBe(Date.UTC(2011, 1, 3, 8, 26) / 1_000);
  const split = splitByTime(log, { target: 'test', heldOutDays: 30 });
  expect([...split.training.itemIdx]).toEqual([0, 1]);
  expect([...log.before(log.newest).itemIdx]).toEqual([1, 1]);
});

it('refuses a file without purchases of customers', async () => {
  const path = await write(['536371,22633,HAND WARMER,6,2010-12-01 08:28:00,1.85,,United Kingdom']);
  await expect(readImported(onlineRetail, path)).rejects.toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
});
