import { useDatabase } from '@sotto/database/testing';
import { deriveShopKeys, pseudonymOf } from '@sotto/vault';
import { expect, it } from 'vitest';
import { generateDemoShop } from './index.ts';
import { seedDemoShop } from './seed.ts';

const database = useDatabase();
const keys = deriveShopKeys(Buffer.alloc(32, 1).toString('base64url'));
const options = { seed: 3, customers: 120, products: 120, until: new Date('2026-06-15T12:00:00Z') };

it('stores the demo shop as it was drawn, once', async () => {
  const fractions: number[] = [];
  const result = await seedDemoShop(database.current, keys, { ...options, onProgress: (f) => fractions.push(f) });
  const customers = [...generateDemoShop(options).customers()];
  const rows = customers.flatMap(({ interactions }) => interactions);
  expect(result).toMatchObject({
    read: 120 + rows.length,
    outcomes: { stored: rows.length, netted: 0, catalogueOnly: 120, duplicate: 0, rejected: 0 },
    newCustomers: 120,
  });
  expect(fractions.at(-1)).toBe(1);

  const one = customers.find(({ purposes }) => purposes.length === 1)!;
  const stored = await database.current.prisma.customer.findUniqueOrThrow({
    where: { externalIdHash: Uint8Array.from(pseudonymOf(keys.pseudonym, 'customer', one.externalId)) },
  });
  const first = new Date(one.interactions[0]!.occurredAt).toISOString();
  expect(stored).toMatchObject({ consentMask: 1, cohort: first.slice(0, 7) });
  const { rows: found } = await database.current.pool.query(
    `SELECT sku, type::text, occurred_at AS at, country FROM interaction JOIN product ON product.id = product_id
     WHERE customer_id = $1 ORDER BY occurred_at, sku, type::text`,
    [stored.id],
  );
  const expected = one.interactions.map(({ product, type, occurredAt }) => ({
    sku: product.input.sku,
    type,
    at: new Date(occurredAt),
    country: one.country,
  }));
  const order = (row: (typeof expected)[number]) => `${row.at.toISOString()} ${row.sku} ${row.type}`;
  expect(found.map(order).sort()).toEqual(expected.map(order).sort());
  expect(found.every(({ country }) => country === one.country)).toBe(true);

  await expect(seedDemoShop(database.current, keys, options)).rejects.toMatchObject({ code: 'CONFLICT' });
  const again = await seedDemoShop(database.current, keys, { ...options, isReplacing: true });
  expect(again.outcomes).toEqual(result.outcomes);
});
