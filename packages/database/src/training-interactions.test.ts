import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { EventType } from './generated/enums.ts';
import { useDatabase } from './testing/index.ts';
import { type InteractionReader, readTrainingInteractions } from './training-interactions.ts';

const database = useDatabase();

async function readAll(signal = new AbortController().signal, kinds: readonly EventType[] = ['VIEW', 'PURCHASE']) {
  const customers: [productId: number, kind: number, time: number][][] = [];
  let begun: Parameters<InteractionReader['begin']>[0] | undefined;
  await readTrainingInteractions(
    database.current,
    kinds,
    {
      begin: (size) => (begun = size),
      row(isNewCustomer, ...row) {
        if (isNewCustomer) customers.push([]);
        customers.at(-1)?.push(row);
      },
    },
    signal,
  );
  return { ...begun, customers };
}

it('reads consenting accounts only, each from oldest to newest', async () => {
  const { prisma, pool } = database.current;
  expect(await readAll()).toMatchObject({ customerCount: 0, rowCount: 0, customers: [] });

  const skus = ['gone', 'mug', 'pan'];
  for (const sku of skus) await prisma.product.create({ data: { sku, title: sku } });
  await prisma.product.update({ where: { sku: 'gone' }, data: { deletedAt: new Date() } });
  const ids = (await prisma.product.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id);
  const [, mug, pan] = ids as [number, number, number];

  const account = { externalIdHash: true, consentMask: 7 };
  const people = [account, { ...account, consentMask: 5 }, { ...account, externalIdHash: false }];
  const customers = people.map(({ externalIdHash, consentMask }) => ({
    id: randomUUID(),
    externalIdHash: externalIdHash ? randomBytes(32) : null,
    consentMask,
  }));
  await prisma.customer.createMany({ data: customers });
  const event = (customerId: string, productId: number, type: 'VIEW' | 'PURCHASE' | 'LIKE', at: string) => ({
    customerId,
    eventId: randomUUID(),
    productId,
    type,
    occurredAt: new Date(at),
  });
  await prisma.interaction.createMany({
    data: customers.flatMap(({ id }) => [
      event(id, pan, 'PURCHASE', '2026-03-01T00:00:01.900Z'),
      event(id, mug, 'VIEW', '2040-01-01T00:00:00Z'),
      event(id, mug, 'LIKE', '2026-02-01T00:00:00Z'),
      event(id, mug, 'VIEW', '1969-01-01T00:00:00Z'),
    ]),
  });
  const read = await readAll();
  expect(read.customerCount).toBe(1);
  expect(read.rowCount).toBe(3);
  expect([...(read.productIds ?? [])]).toEqual([mug, pan]);
  const seconds = (at: string) => Date.parse(at) / 1000;
  expect(read.customers).toEqual([
    [
      [mug, 0, 0],
      [pan, 1, seconds('2026-03-01T00:00:01Z')],
      [mug, 0, seconds('2040-01-01T00:00:00Z')],
    ],
  ]);

  await pool.query('UPDATE customer SET consent_mask = 5');
  expect(await readAll()).toMatchObject({ customerCount: 0, customers: [] });
});

it('reads rows that are cut anywhere by the stream, and stops when asked to', async () => {
  const { pool } = database.current;
  await pool.query(
    `INSERT INTO customer (id, external_id_hash, consent_mask)
     SELECT gen_random_uuid(), sha256(n::text::bytea), 2 FROM generate_series(1, 500) n`,
  );
  await pool.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at)
     SELECT c.id, gen_random_uuid(), n, 'VIEW', to_timestamp(n) FROM customer c, generate_series(1, 40) n
     WHERE c.consent_mask = 2`,
  );
  const read = await readAll();
  expect(read.customers).toHaveLength(500);
  const expected = Array.from({ length: 40 }, (_, n) => [n + 1, 0, n + 1]);
  for (const rows of read.customers) expect(rows).toEqual(expected);
  await expect(readAll(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

it('reads a rating below 3 of 5 as a dislike', async () => {
  const { prisma } = database.current;
  const { id: productId } = await prisma.product.create({ data: { sku: 'kettle', title: 'kettle' } });
  const customerId = randomUUID();
  await prisma.customer.create({ data: { id: customerId, externalIdHash: randomBytes(32), consentMask: 2 } });
  const ratings = [5, 3, 2.5, 0.5];
  await prisma.interaction.createMany({
    data: ratings.map((rating, second) => ({
      customerId,
      eventId: randomUUID(),
      productId,
      type: 'RATING' as const,
      rating,
      occurredAt: new Date(1_000 * second),
    })),
  });
  const kindsOf = async (...kinds: EventType[]) =>
    (await readAll(undefined, kinds)).customers.flat().map(([, kind]) => kinds[kind]);
  expect(await kindsOf('RATING', 'DISLIKE')).toEqual(['RATING', 'RATING', 'DISLIKE', 'DISLIKE']);
  expect(await kindsOf('RATING')).toEqual(['RATING', 'RATING']);
});

it('reads, for a release, charged cohorts and rows received before the window ended only', async () => {
  const { pool, prisma } = database.current;
  await pool.query('TRUNCATE interaction, customer');
  const { id: productId } = await prisma.product.create({ data: { sku: 'lamp', title: 'lamp' } });
  const end = new Date('2026-05-10T00:00:00Z');
  const add = async (cohort: string | null, second: number, receivedAt: string, consentMask = 2) => {
    const customerId = randomUUID();
    await prisma.customer.create({ data: { id: customerId, externalIdHash: randomBytes(32), consentMask, cohort } });
    await pool.query(
      `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at)
       VALUES ($1, gen_random_uuid(), $2, 'VIEW', to_timestamp($3), $4)`,
      [customerId, productId, second, receivedAt],
    );
  };
  const read = async (cohorts: readonly string[]) => {
    const times: number[] = [];
    const reader: InteractionReader = {
      begin: () => undefined,
      row: (_isNew, _product, _kind, time) => times.push(time),
    };
    const window = { cohorts, end };
    await readTrainingInteractions(database.current, ['VIEW'], reader, new AbortController().signal, window);
    return times.sort();
  };
  await add('2026-03', 1, '2026-05-09T23:59:59.999999Z');
  await add('2026-04', 2, '2026-05-01T00:00:00Z');
  const before = await read(['2026-03', '2026-04']);
  expect(before).toEqual([1, 2]);
  // Whoever else is there or comes changes nothing of what is read.
  await add('2026-03', 3, '2026-05-10T00:00:00Z'); // received with the end, which is half-open
  await add('2026-05', 4, '2026-05-01T00:00:00Z');
  await add(null, 5, '2026-05-01T00:00:00Z');
  await add('2026-03', 6, '2026-05-01T00:00:00Z', 5);
  expect(await read(['2026-03', '2026-04'])).toEqual(before);
  expect(await read(['2026-03'])).toEqual([1]);
  expect(await read([])).toEqual([]);
});
