import { randomBytes } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { ensureCustomer, updateConsent } from '@sotto/shop';
import { expect, it } from 'vitest';
import { PersonReader } from './person-reader.ts';
import { addInteraction, createCustomer, createProducts, describeTestProduct, NOBODY } from './testing/shop.ts';
import type { Asker } from './types.ts';

const database = useDatabase();
const COUNT = 40;

it('gives each of many who ask at once their own rows, and nothing of whom it may not', async () => {
  await createProducts(database.current, 0, 2 * COUNT);
  const { rows } = await database.current.pool.query<{ id: number; sku: string }>('SELECT id, sku FROM product');
  const idOf = new Map(rows.map(({ id, sku }) => [sku, id]));
  const asked: { asker: Asker; own: number | undefined }[] = [];
  for (let n = 0; n < COUNT; n++) {
    const sku = describeTestProduct(n).sku;
    const customer = await createCustomer(database.current, { consentMask: n % 5 === 0 ? 0 : 7 });
    await addInteraction(database.current, customer.id, sku, 'VIEW');
    asked.push({ asker: customer.asker, own: n % 5 === 0 ? undefined : idOf.get(sku) });

    const person = { kind: 'visitor', visitorHash: randomBytes(32) } as const;
    const visitorSku = describeTestProduct(COUNT + n).sku;
    await addInteraction(
      database.current,
      await ensureCustomer(database.current.pool, person, new Date()),
      visitorSku,
      'CART',
    );
    await updateConsent(database.current, person, { purpose: 'PERSONALIZATION', isGranted: true }, new Date());
    const isGpc = n % 3 === 0;
    asked.push({ asker: { ...person, isGpc }, own: isGpc ? undefined : idOf.get(visitorSku) });

    asked.push({ asker: { kind: 'customer', externalIdHash: randomBytes(32), isGpc: false }, own: undefined });
    asked.push({ asker: NOBODY, own: undefined });
  }
  const reader = new PersonReader(database.current);
  const query = { purchaseDays: 30, impressionHours: 24, nowMs: Date.now() };
  const people = await Promise.all(asked.map(({ asker }) => reader.read({ ...query, asker })));
  expect(people.map(({ history }) => [...history.productIds])).toEqual(
    asked.map(({ own }) => (own === undefined ? [] : [own])),
  );
  expect(people.map(({ isConsented }) => isConsented)).toEqual(asked.map(({ own }) => own !== undefined));
});

it('fails those of a statement that fails, and reads again afterwards', async () => {
  const { asker } = await createCustomer(database.current);
  let isDown = true;
  const { pool } = database.current;
  const failing = {
    query: ((...args: Parameters<typeof pool.query>) =>
      isDown ? Promise.reject(new Error('away')) : pool.query(...args)) as typeof pool.query,
  };
  const reader = new PersonReader({ pool: failing as typeof pool });
  const query = { asker, purchaseDays: 0, impressionHours: 0, nowMs: Date.now() };
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(() => reader.read(query)));
  expect(outcomes.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
  isDown = false;
  expect((await reader.read(query)).isConsented).toBe(true);
});
