import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { useDatabase } from '@sotto/database/testing';
import { deriveShopKeys, pseudonymOf } from '@sotto/vault';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { IMPORT_FORMATS } from './formats.ts';
import { type ImportOptions, importShop } from './import-shop.ts';

const database = useDatabase();
const keys = deriveShopKeys(Buffer.alloc(32, 1).toString('base64url'));
const folder = mkdtempSync(join(tmpdir(), 'sotto-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const write = (content: string | Buffer, name = `file-${files++}`) => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const load = (format: string, path: string, options: Partial<ImportOptions> = {}) =>
  importShop(database.current, keys, { format: IMPORT_FORMATS.get(format)!, path, ...options });
const countRows = async () => {
  const { prisma } = database.current;
  const [customers, interactions, products, consents, runs] = await Promise.all([
    prisma.customer.count(),
    prisma.interaction.count(),
    prisma.product.count(),
    prisma.consentChange.count(),
    prisma.importRun.count(),
  ]);
  return { customers, interactions, products, consents, runs };
};
const findCustomer = (externalId: string) =>
  database.current.prisma.customer.findUniqueOrThrow({
    where: { externalIdHash: Uint8Array.from(pseudonymOf(keys.pseudonym, 'customer', externalId)) },
  });
const listInteractions = async (externalId: string) => {
  const { id } = await findCustomer(externalId);
  const { rows } = await database.current.pool.query(
    `SELECT sku, type, quantity, interaction.price::float8, country, channel, occurred_at AS at FROM interaction
     JOIN product ON product.id = product_id WHERE customer_id = $1 ORDER BY occurred_at, sku, quantity`,
    [id],
  );
  return rows;
};

beforeEach(async () => {
  const tables = 'interaction, consent_change, customer, product, model_version, import_run';
  await database.current.pool.query(`BEGIN; SET LOCAL sotto.erasing = 'on'; TRUNCATE ${tables}; COMMIT`);
});

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
const RETAIL = `${HEADER}536365,85123A,WHITE  HEART ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123A,WHITE  HEART ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536366,85123a,CREAM HEART,1,2010-12-02 08:26:00,3.0,13047.0,EIRE
536367,22960,JAM SET,10,2010-12-03 08:26:00,4.25,13047.0,EIRE
C536368,22960,JAM SET,-4,2010-12-04 08:26:00,4.25,13047.0,EIRE
C536369,22961,NEVER BOUGHT,-1,2010-12-04 08:26:00,4.25,13047.0,EIRE
536370,22962,ONLY RETURNED,2,2011-01-05 08:26:00,4.25,99,Unspecified
C536371,22962,ONLY RETURNED,-2,2011-01-06 08:26:00,4.25,99.0,Unspecified
536372,22963,NO CUSTOMER,3,2010-12-05 08:26:00,1.5,,United Kingdom
536373,22963,?,-3,2010-12-05 08:26:00,0.0,,United Kingdom
536374,22963,A GIFT,1,2010-12-05 08:26:00,0.0,17850.0,United Kingdom
536375,POST,POSTAGE,1,2010-12-05 08:26:00,18.0,17850.0,United Kingdom
536376,m,Manual,1,2010-12-05 08:26:00,18.0,17850.0,United Kingdom
A563187,B,Adjust bad debt,1,2011-08-12 14:52:00,-11062.06,,United Kingdom
536377,22960,JAM SET,1,1970-01-01 00:00:00,4.25,17850.0,United Kingdom
536378,22960,JAM SET,1,2010-12-07
`;

describe('online-retail', () => {
  it('gives every line one outcome, and stores what is left after returns', async () => {
    const result = await load('online-retail', write(gzipSync(RETAIL)));
    expect(result).toMatchObject({
      read: 16,
      outcomes: { stored: 4, netted: 3, catalogueOnly: 1, duplicate: 0, rejected: 8 },
      newCustomers: 2,
    });
    expect(result.rejections.map(({ reason }) => reason).sort()).toEqual([
      'a price of zero and no customer: a stock correction',
      'a price of zero: nothing was sold',
      'a return without a purchase before it',
      'a time before 1990',
      'bad debt (B)',
      'manual entry (M)',
      'more or fewer columns than the header',
      'postage (POST)',
    ]);
    expect(result.rejections.find(({ reason }) => reason === 'postage (POST)')?.example).toMatch(
      /file-\d+ line 13: StockCode "POST"/,
    );
    expect(await listInteractions('13047')).toMatchObject([
      { sku: '85123A', type: 'PURCHASE', quantity: 1, price: 3, country: 'IE' },
      { sku: '22960', quantity: 6, price: 4.25 },
    ]);
    // Two identical lines are two purchases.
    expect(await listInteractions('17850')).toMatchObject([{ quantity: 6, country: 'GB' }, { quantity: 6 }]);
  });

  it('gives products their commonest description and latest price', async () => {
    await load('online-retail', write(RETAIL));
    const products = await database.current.prisma.product.findMany({ orderBy: { sku: 'asc' } });
    expect(products.map(({ sku, title, price, currency }) => [sku, title, Number(price), currency])).toEqual([
      ['22960', 'JAM SET', 4.25, 'GBP'],
      ['22961', 'NEVER BOUGHT', 4.25, 'GBP'],
      ['22962', 'ONLY RETURNED', 4.25, 'GBP'],
      ['22963', 'NO CUSTOMER', 1.5, 'GBP'],
      ['85123A', 'WHITE HEART', 3, 'GBP'],
    ]);
  });

  it('makes accounts of those who have something stored, each in the month of its first row, consenting', async () => {
    await load('online-retail', write(RETAIL));
    expect(await findCustomer('17850')).toMatchObject({ cohort: '2010-12', consentMask: 7, gpcMask: 0 });
    await expect(findCustomer('99')).rejects.toThrow();
    const { id } = await findCustomer('13047');
    const consents = await database.current.prisma.consentChange.findMany({ where: { customerId: id } });
    expect(consents.map(({ purpose, isGranted, source }) => [purpose, isGranted, source]).sort()).toEqual([
      ['ANALYTICS', true, 'IMPORT'],
      ['PERSONALIZATION', true, 'IMPORT'],
      ['TRAINING', true, 'IMPORT'],
    ]);
  });

  it('adds nothing the second time, and keeps cohort and consent of known accounts', async () => {
    const path = write(RETAIL);
    await load('online-retail', path);
    const before = await countRows();
    const products = await database.current.prisma.product.findMany();
    await database.current.prisma.customer.updateMany({ data: { consentMask: 0, cohort: '2009-01' } });
    const again = await load('online-retail', path);
    expect(again.outcomes).toEqual({ stored: 0, netted: 3, catalogueOnly: 1, duplicate: 4, rejected: 8 });
    expect(await countRows()).toEqual({ ...before, runs: 2 });
    expect(await database.current.prisma.product.findMany()).toEqual(products);
    expect(await findCustomer('17850')).toMatchObject({ cohort: '2009-01', consentMask: 0 });
  });

  it('corrects what an earlier, shorter file stored when a return comes later', async () => {
    const [header, ...lines] = RETAIL.split('\n');
    const withoutReturns = lines.filter((line) => !line.startsWith('C'));
    await load('online-retail', write([header, ...withoutReturns].join('\n')));
    expect(await listInteractions('99')).toHaveLength(1);
    const { outcomes } = await load('online-retail', write(RETAIL));
    expect(outcomes).toEqual({ stored: 0, netted: 3, catalogueOnly: 1, duplicate: 4, rejected: 8 });
    expect(await listInteractions('99')).toEqual([]);
    expect(await listInteractions('13047')).toMatchObject([{ sku: '85123A' }, { sku: '22960', quantity: 6 }]);
  });

  it('tells the operator of the API why rows were rejected, without counts, values or customers', async () => {
    await load('online-retail', write(RETAIL, 'told.csv'));
    const told = await database.current.prisma.rejection.findMany({ where: { message: { contains: 'told.csv' } } });
    expect(told).toHaveLength(8);
    expect(told.map(({ message }) => message)).toContain('postage (POST) (first at told.csv line 13: StockCode)');
    expect(told.every(({ source, message }) => source === 'IMPORT' && !message.includes('17850'))).toBe(true);
  });

  it('writes every rejected line with its reason, those found by looking at others too', async () => {
    const rejectedPath = join(folder, 'rejected.csv');
    await load('online-retail', write(RETAIL, 'retail.csv'), { rejectedPath });
    const lines = readFileSync(rejectedPath, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('file,line,reason,column,row');
    expect(lines).toHaveLength(9);
    expect(lines).toContain(
      'retail.csv,7,a return without a purchase before it,Quantity,"C536369,22961,NEVER BOUGHT,-1,2010-12-04 08:26:00,4.25,13047.0,EIRE"',
    );
    expect(statSync(rejectedPath).mode & 0o777).toBe(0o600);
  });
});

describe('an import that fails', () => {
  it.each([
    ['a missing column', 'online-retail', 'InvoiceNo,StockCode\n1,2\n', 'line 1: the column Description, Quantity'],
    ['other separators', 'csv', 'sku;title\n1;2\n', 'columns are separated by commas'],
    ['an unknown column', 'csv', 'sku,title,colour\n1,2,3\n', 'line 1: the column colour is not known'],
    ['a wrong encoding', 'online-retail', Buffer.from(`${RETAIL}1,\xfc\n`, 'latin1'), 'line 18, column 3: bytes'],
    ['a cut gz', 'online-retail', gzipSync(RETAIL).subarray(0, -9), 'ends in the middle'],
    ['broken JSON', 'jsonl', '{"sku": "a", "title": "A"}\n{"sku": "b"\n', 'line 2, column 12: is not valid JSON'],
    ['an empty file', 'csv', '', 'is empty'],
  ])('for %s names the place and leaves nothing', async (_, format, content, message) => {
    const path = write(content);
    const rejectedPath = join(folder, 'never.csv');
    await expect(load(format, path, { rejectedPath })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(message),
    });
    expect(await countRows()).toEqual({ customers: 0, interactions: 0, products: 0, consents: 0, runs: 0 });
    for (const left of [rejectedPath, `${rejectedPath}.part`]) expect(() => statSync(left)).toThrow();
  });

  it('for a missing file or a folder says so', async () => {
    await expect(load('csv', join(folder, 'nowhere.csv'))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(load('online-retail', folder)).rejects.toMatchObject({ message: expect.stringContaining('folder') });
    await expect(load('complete-journey', folder)).rejects.toMatchObject({
      message: expect.stringContaining('has no products.csv, products.csv.gz'),
    });
  });

  it('after it was replacing leaves the old shop', async () => {
    await load('online-retail', write(RETAIL));
    const before = await countRows();
    const broken = write('{"sku": "a", "title": "A"}\n{');
    await expect(load('jsonl', broken, { isReplacing: true })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await countRows()).toEqual(before);
  });
});

describe('one database', () => {
  it('is one shop: another format is refused, unless it replaces', async () => {
    await load('online-retail', write(RETAIL));
    const own = write('sku,title\nlamp,Lamp\n');
    await expect(load('csv', own)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('--replace'),
    });
    await load('csv', own, { isReplacing: true });
    expect(await countRows()).toEqual({ customers: 0, interactions: 0, products: 1, consents: 0, runs: 1 });
    await load('jsonl', write('{"sku": "rug", "title": "Rug"}\n'));
    expect(await countRows()).toMatchObject({ products: 2, runs: 2 });
  });

  it('keeps the privacy ledger when it replaces, and no statistic of the old shop', async () => {
    await load('online-retail', write(RETAIL));
    const { pool } = database.current;
    await pool.query(`
      INSERT INTO privacy_cohort (cohort, epsilon_limit, delta, filter_order, cap_units, delta_cap_units, spent_units, head_hash)
        VALUES ('2010-12', 10, 0.000001, 4, 100, 100, 60, '');
      INSERT INTO ledger_entry VALUES ('2010-12', 1, gen_random_uuid(), gen_random_uuid(), now(), 60, 0, 60, 0, '', '');
      INSERT INTO statistic VALUES (gen_random_uuid(), 1, '', now());
      INSERT INTO statistic_chunk VALUES (gen_random_uuid(), 0, '', '');
      INSERT INTO segmentation (id, segment_count, features, epsilon, requested_by, reservation_id)
        VALUES (gen_random_uuid(), 2, '{}', 1, 'analyst', gen_random_uuid())`);
    await load('csv', write('sku,title\nlamp,Lamp\n'), { isReplacing: true });
    const { rows } = await pool.query(`
      SELECT (SELECT spent_units::int FROM privacy_cohort) AS spent, (SELECT count(*)::int FROM ledger_entry) AS entries,
        (SELECT count(*)::int FROM statistic) + (SELECT count(*)::int FROM statistic_chunk)
          + (SELECT count(*)::int FROM segmentation) AS "old"`);
    expect(rows).toEqual([{ spent: 60, entries: 1, old: 0 }]);
  });

  it('takes own files over what came by the API, and no data set', async () => {
    await database.current.prisma.product.create({ data: { sku: 'api', title: 'By the API' } });
    await expect(load('online-retail', write(RETAIL))).rejects.toMatchObject({ code: 'CONFLICT' });
    await load('csv', write('sku,title\nlamp,Lamp\n'));
    expect(await countRows()).toMatchObject({ products: 2 });
  });

  it('has one import at a time', async () => {
    const path = write(RETAIL);
    const both = await Promise.allSettled([load('online-retail', path), load('online-retail', path)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
  });
});

describe('csv and jsonl', () => {
  const products = `sku,title,categories,price,currency,stock,isHidden,attributes
lamp,"Lamp, small",Home > Lights,49.90,EUR,3,false,"{""watts"": 9}"
rug,Rug,Home,,EUR,,true,
bad,,Home,,,,,
worse,Worse,,1.2.3,,,,
`;
  const interactions = `customerExternalId,sku,type,occurredAt,quantity,price,rating,channel,country,consent
ann,lamp,VIEW,2026-01-01T10:00:00Z,,,,WEB,DE,all
ann,lamp,PURCHASE,2026-01-02,2,49.90,,APP,DE,"personalization,training"
ann,lamp,LIKE,2026-01-03,,,,,,
bob,rug,RATING,2025-12-31T23:59:59+01:00,,,4.5,,,
bob,sofa,VIEW,2026-01-02,,,,,,
bob,rug,BOUGHT,2026-01-02,,,,,,
bob,rug,VIEW,2999-01-02,,,,,,
,rug,VIEW,2026-01-02,,,,,,
`;

  it('come from a folder with products and interactions', async () => {
    write(products, 'own/products.csv');
    write(gzipSync(interactions), 'own/interactions.csv.gz');
    const result = await load('csv', join(folder, 'own'));
    expect(result).toMatchObject({
      read: 12,
      outcomes: { stored: 4, netted: 0, catalogueOnly: 2, duplicate: 0, rejected: 6 },
    });
    expect(result.rejections.map(({ example }) => example).sort()).toEqual([
      'interactions.csv.gz line 6: sku "sofa"',
      'interactions.csv.gz line 7: type',
      'interactions.csv.gz line 8: occurredAt "2999-01-02"',
      'interactions.csv.gz line 9: customerExternalId',
      'products.csv line 4: title',
      'products.csv line 5: price',
    ]);
    expect(await database.current.prisma.product.findUniqueOrThrow({ where: { sku: 'lamp' } })).toMatchObject({
      title: 'Lamp, small',
      categories: ['Home', 'Lights'],
      stock: 3,
      attributes: { watts: 9 },
    });
    expect(await listInteractions('ann')).toMatchObject([
      { type: 'VIEW', channel: 'WEB', country: 'DE', quantity: null },
      { type: 'PURCHASE', channel: 'APP', quantity: 2, price: 49.9 },
      { type: 'LIKE', channel: null },
    ]);
  });

  it('grant what every row of a customer that speaks of it grants, nothing by themselves, or what the operator says', async () => {
    const path = write(`${products}`, 'consent/products.csv');
    write(interactions, 'consent/interactions.csv');
    await load('csv', dirname(path));
    expect(await findCustomer('ann')).toMatchObject({ consentMask: 3, cohort: '2026-01' });
    expect(await findCustomer('bob')).toMatchObject({ consentMask: 0, cohort: '2025-12' });
    expect(await countRows()).toMatchObject({ consents: 2 });
    await load('csv', dirname(path), { isReplacing: true, consentMask: 4 });
    expect(await findCustomer('bob')).toMatchObject({ consentMask: 4 });
  });

  it('keep what a column leaves out, and clear what it leaves empty', async () => {
    await load('csv', write('sku,title,brand,stock\nlamp,Lamp,Lumo,3\n'));
    await load('csv', write('sku,title,stock\nlamp,Lamp,\n'));
    expect(await database.current.prisma.product.findUniqueOrThrow({ where: { sku: 'lamp' } })).toMatchObject({
      brand: 'Lumo',
      stock: null,
    });
  });

  it('may be one file of JSON lines with both', async () => {
    const lines = [
      { sku: 'lamp', title: 'Lamp', price: '49.90', attributes: { note: 'tab\t, "quote", \\ and\nline' } },
      {
        customerExternalId: 'ann',
        sku: 'lamp',
        type: 'LIKE',
        occurredAt: '2026-01-01T10:00:00Z',
        consent: ['TRAINING'],
      },
      { customerExternalId: 'ann', sku: 'lamp', type: 'VIEW', occurredAt: '2026-01-01T10:00:00Z', colour: 'red' },
      { sku: 'rug', title: 'Rug', price: 49.9 },
    ];
    const path = write(lines.map((line) => JSON.stringify(line)).join('\n'));
    const result = await load('jsonl', path);
    expect(result.outcomes).toEqual({ stored: 1, netted: 0, catalogueOnly: 1, duplicate: 0, rejected: 2 });
    expect(await findCustomer('ann')).toMatchObject({ consentMask: 2 });
    expect((await database.current.prisma.product.findFirstOrThrow()).attributes).toEqual(lines[0]?.attributes);
    expect((await load('jsonl', path)).outcomes).toMatchObject({ stored: 0, duplicate: 1 });
  });
});

describe('the other data sets', () => {
  it('complete-journey: products and transactions of a folder', async () => {
    write(
      'product_id,manufacturer_id,department,brand,product_category,product_type,package_size\n' +
        '25671,2,GROCERY,National,FRZN ICE,ICE - CRUSHED/CUBED,22 LB\n26081,2,MISCELLANEOUS,National,NA,NA,NA\n',
      'journey/products.csv',
    );
    write(
      'household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_timestamp\n' +
        '2261,309,1,25671,2,3.86,0.44,0,0,5,2017-01-28 14:06:53\n2261,309,1,25671,0,0,0,0,0,5,2017-01-28 14:06:53\n' +
        '1,309,1,999,1,1,0,0,0,5,2017-01-28 14:06:53\n',
      'journey/transactions.csv',
    );
    const result = await load('complete-journey', join(folder, 'journey'));
    expect(result).toMatchObject({ read: 5, outcomes: { stored: 1, catalogueOnly: 2, rejected: 2 } });
    const ice = await database.current.prisma.product.findUniqueOrThrow({ where: { sku: '25671' } });
    expect({ ...ice, price: Number(ice.price) }).toMatchObject({
      title: 'ICE - CRUSHED/CUBED, 22 LB',
      categories: ['GROCERY', 'FRZN ICE', 'ICE - CRUSHED/CUBED'],
      price: 2.15,
      currency: 'USD',
    });
    expect(await listInteractions('2261')).toMatchObject([
      { quantity: 2, price: 1.93, channel: 'STORE', country: 'US' },
    ]);
    expect(await findCustomer('2261')).toMatchObject({ cohort: '2017-01', consentMask: 7 });
    expect((await load('complete-journey', join(folder, 'journey'))).outcomes).toMatchObject({
      stored: 0,
      duplicate: 1,
    });
  });

  it('amazon-beauty: sequences keep their order by made-up days', async () => {
    write('1 5 3 4\n2 3\nx 1\n', 'beauty/Beauty.txt');
    const result = await load('amazon-beauty', join(folder, 'beauty'));
    expect(result).toMatchObject({ read: 5, outcomes: { stored: 4, rejected: 1 } });
    expect((await listInteractions('1')).map(({ sku }) => sku)).toEqual(['beauty-5', 'beauty-3', 'beauty-4']);
    expect((await load('amazon-beauty', join(folder, 'beauty/Beauty.txt'))).outcomes).toMatchObject({ duplicate: 4 });
  });

  it('bestbuy: a catalogue alone', async () => {
    const product = {
      name: 'Phone',
      brand: 'B',
      categories: ['Phones'],
      price: 49.9,
      image: 'https://x.org/4984700_sb.jpg',
    };
    const path = write(gzipSync(JSON.stringify([product, { ...product, name: '' }, { name: 'Case' }], null, 2)));
    const result = await load('bestbuy', path);
    expect(result).toMatchObject({ read: 3, outcomes: { stored: 0, catalogueOnly: 2, rejected: 1 }, newCustomers: 0 });
    const found = await database.current.prisma.product.findUniqueOrThrow({ where: { sku: 'bestbuy-4984700' } });
    expect({ ...found, price: found.price?.toFixed(2) }).toMatchObject({
      title: 'Phone',
      price: '49.90',
      currency: 'USD',
    });
  });
});

it('tells how far it is, and how much memory it took', async () => {
  const steps: string[] = [];
  const result = await load('online-retail', write(RETAIL), {
    onProgress: ({ step, fraction }) => steps.push(`${step} ${fraction}`),
  });
  expect(steps).toEqual(['reading 1', 'storing 1']);
  expect(result.peakMemoryMb).toBeGreaterThan(0);
  expect(result.seconds).toBeGreaterThan(0);
});
