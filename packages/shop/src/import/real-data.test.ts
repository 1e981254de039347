import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { useDatabase } from '@sotto/database/testing';
import { deriveShopKeys } from '@sotto/vault';
import { describe, expect, it } from 'vitest';
import { IMPORT_FORMATS } from './formats.ts';
import { importShop } from './import-shop.ts';

/** The real data sets lie beside the repository; see CONTRIBUTING. */
const DATA = join(import.meta.dirname, '../../../../../shared/data');
const LONG_MS = 240_000;

describe.skipIf(!existsSync(DATA))(`the real data sets (skipped where there is no ${DATA})`, () => {
  const database = useDatabase();
  const keys = deriveShopKeys(Buffer.alloc(32, 1).toString('base64url'));
  const load = (format: string, folder: string, isReplacing = false) =>
    importShop(database.current, keys, { format: IMPORT_FORMATS.get(format)!, path: join(DATA, folder), isReplacing });

  it(
    'online-retail: every one of 541,909 lines has an outcome',
    async () => {
      const { read, outcomes, rejections, newCustomers } = await load(
        'online-retail',
        'online-retail/online-retail.csv.gz',
      );
      expect({ read, ...outcomes, newCustomers }).toEqual({
        read: 541_909,
        stored: 393_527,
        netted: 10_242,
        catalogueOnly: 131_586,
        duplicate: 0,
        rejected: 6_554,
        newCustomers: 4_324,
      });
      expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(read);
      expect(rejections.reduce((sum, { count }) => sum + count, 0)).toBe(outcomes.rejected);
      const { rows } = await database.current.pool.query(`
      SELECT count(*)::int AS interactions, count(DISTINCT customer_id)::int AS customers, min(quantity) AS least,
        (SELECT title FROM product WHERE sku = '85123A') AS title,
        (SELECT count(*)::int FROM product WHERE sku !~ '^(\\d{5}|DCGS)') AS odd,
        (SELECT count(*)::int FROM customer WHERE cohort !~ '^201[01]-\\d\\d$') AS undated
      FROM interaction`);
      expect(rows[0]).toEqual({
        interactions: outcomes.stored,
        customers: newCustomers,
        least: 1,
        title: 'WHITE HANGING HEART T-LIGHT HOLDER',
        odd: 0,
        undated: 0,
      });
    },
    LONG_MS,
  );

  it(
    'amazon-beauty: 198,502 interactions, which come once',
    async () => {
      const first = await load('amazon-beauty', 'amazon-beauty', true);
      expect(first).toMatchObject({ read: 198_502, outcomes: { stored: 198_502 }, newCustomers: 22_363 });
      expect(await database.current.prisma.product.count()).toBe(12_101);
      const again = await load('amazon-beauty', 'amazon-beauty');
      expect(again.outcomes).toEqual({ stored: 0, netted: 0, catalogueOnly: 0, duplicate: 198_502, rejected: 0 });
    },
    LONG_MS,
  );

  it(
    'complete-journey: products and transactions',
    async () => {
      const { read, outcomes } = await load('complete-journey', 'completejourney', true);
      expect(read).toBe(75_000 + 92_331);
      expect(outcomes).toEqual({ stored: 74_583, netted: 0, catalogueOnly: 92_331, duplicate: 0, rejected: 417 });
    },
    LONG_MS,
  );

  it('bestbuy: a catalogue of 3,291 products, each with its own sku', async () => {
    const { read, outcomes } = await load('bestbuy', 'bestbuy', true);
    expect({ read, ...outcomes }).toMatchObject({ read: 3_291, catalogueOnly: 3_291, rejected: 0 });
    expect(await database.current.prisma.product.count()).toBe(3_291);
  });
});
