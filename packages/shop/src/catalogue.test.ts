import { useDatabase } from '@sotto/database/testing';
import { expect, it } from 'vitest';
import { CATALOGUE_CHANNEL, deleteProducts, upsertProducts } from './catalogue.ts';

const database = useDatabase();
const find = (sku: string) => database.current.prisma.product.findUniqueOrThrow({ where: { sku } });

const lamp = {
  sku: 'lamp-1',
  title: 'Desk lamp',
  description: 'Bends "both" ways',
  brand: 'Lumo',
  categories: ['Home', 'Lights, indoor'],
  price: '49.990000000001',
  currency: 'EUR',
  imageUrl: 'https://example.com/lamp.png',
  stock: 3,
  isHidden: true,
  attributes: { watts: 9 },
  releasedAt: '2026-05-01T00:00:00Z',
};

it('stores every field of a new product', async () => {
  expect(await upsertProducts(database.current, [lamp])).toEqual({ upserted: 1, rejected: [] });
  const row = await find('lamp-1');
  expect({ ...row, price: row.price?.toString() }).toMatchObject({ ...lamp, releasedAt: new Date(lamp.releasedAt) });
});

it('keeps what is absent, clears what is null, and brings a deleted product back', async () => {
  await upsertProducts(database.current, [{ ...lamp, sku: 'lamp-2' }]);
  expect(await deleteProducts(database.current, ['lamp-2', 'never-there'])).toEqual({ deleted: 1 });
  expect(await deleteProducts(database.current, ['lamp-2'])).toEqual({ deleted: 0 });
  expect((await find('lamp-2')).deletedAt).not.toBeNull();

  await upsertProducts(database.current, [
    { sku: 'lamp-2', title: 'Lamp', brand: null, stock: null, categories: null, attributes: null, isHidden: null },
  ]);
  const { price, ...row } = await find('lamp-2');
  expect(row).toMatchObject({ title: 'Lamp', description: lamp.description, currency: 'EUR', deletedAt: null });
  expect(row).toMatchObject({ brand: null, stock: null, categories: [], attributes: null, isHidden: false });
  expect(price?.toString()).toBe(lamp.price);
});

it('spends no product id and writes no row when nothing changes', async () => {
  await upsertProducts(database.current, [{ sku: 'same-1', title: 'Same' }]);
  const before = await find('same-1');
  for (let i = 0; i < 5; i++) await upsertProducts(database.current, [{ sku: 'same-1', title: 'Same' }]);
  expect(await find('same-1')).toEqual(before);
  await upsertProducts(database.current, [{ sku: 'same-2', title: 'Next' }]);
  expect((await find('same-2')).id).toBe(before.id + 1);
});

it.each([
  [{ title: 'No sku' }, 'sku'],
  [{ sku: 'x' }, 'title'],
  [{ sku: ' x', title: 'T' }, 'sku'],
  [{ sku: 'x'.repeat(129), title: 'T' }, 'sku'],
  [{ sku: 'x', title: 'T\0' }, 'title'],
  [{ sku: 'x', title: '\ud800' }, 'title'],
  [{ sku: 'x', title: 'T', price: 9.99 }, 'price'],
  [{ sku: 'x', title: 'T', price: '-1' }, 'price'],
  [{ sku: 'x', title: 'T', price: '1e3' }, 'price'],
  [{ sku: 'x', title: 'T', price: '1234567890' }, 'price'],
  [{ sku: 'x', title: 'T', currency: 'euro' }, 'currency'],
  [{ sku: 'x', title: 'T', stock: -1 }, 'stock'],
  [{ sku: 'x', title: 'T', stock: 1.5 }, 'stock'],
  [{ sku: 'x', title: 'T', categories: Array(21).fill('c') }, 'categories'],
  [{ sku: 'x', title: 'T', imageUrl: 'javascript:alert(1)' }, 'imageUrl'],
  [{ sku: 'x', title: 'T', attributes: { note: 'a\0' } }, 'attributes'],
  [{ sku: 'x', title: 'T', attributes: { note: '\ud800' } }, 'attributes'],
  [{ sku: 'x', title: 'T', attributes: { note: '\udc00' } }, 'attributes'],
  [{ sku: 'x', title: 'T', colour: 'red' }, 'colour'],
  ['a string', ''],
  [null, ''],
])('rejects %j and stores the others of the call', async (input, field) => {
  const result = await upsertProducts(database.current, [
    input,
    { sku: 'good', title: 'Good', attributes: { smile: '😀' } },
  ]);
  expect(result.upserted).toBe(1);
  expect(result.rejected).toEqual([{ index: 0, code: 'BAD_INPUT', message: expect.stringContaining(field) }]);
});

it('rejects the same sku twice, and 501 products', async () => {
  const twice = await upsertProducts(database.current, [
    { sku: 'twice', title: 'First' },
    { sku: 'twice', title: 'Second' },
  ]);
  expect(twice).toMatchObject({ upserted: 1, rejected: [{ index: 1 }] });
  expect((await find('twice')).title).toBe('First');
  await expect(upsertProducts(database.current, Array(501).fill(lamp))).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await expect(deleteProducts(database.current, Array(501).fill('x'))).rejects.toMatchObject({ code: 'BAD_INPUT' });
});

it('loses no field when two calls change different fields of one product at once', async () => {
  await upsertProducts(database.current, [{ sku: 'race', title: 'Race' }]);
  const calls = Array.from({ length: 20 }, (_, i) =>
    upsertProducts(database.current, [
      i % 2 === 0 ? { sku: 'race', title: 'Race', brand: 'B' } : { sku: 'race', title: 'Race', stock: 7 },
    ]),
  );
  await Promise.all(calls);
  expect(await find('race')).toMatchObject({ brand: 'B', stock: 7 });
});

it('tells listeners once something changed', async () => {
  const client = await database.current.pool.connect();
  try {
    await client.query(`LISTEN ${CATALOGUE_CHANNEL}`);
    let count = 0;
    client.on('notification', () => count++);
    await upsertProducts(database.current, [{ sku: 'heard', title: 'Heard' }]);
    await upsertProducts(database.current, [{ sku: 'heard', title: 'Heard' }]);
    await deleteProducts(database.current, ['heard']);
    await client.query('SELECT 1');
    expect(count).toBe(2);
  } finally {
    client.release(true);
  }
});
