import { randomBytes, randomUUID } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { expect, it } from 'vitest';
import { upsertProducts } from './catalogue.ts';
import { recordEvents } from './events.ts';

const database = useDatabase();

it('tells what is stored although the rejections beside it cannot be', async () => {
  const { pool } = database.current;
  await upsertProducts(database.current, [{ sku: 'tea', title: 'Tea' }]);
  const lost: unknown[] = [];
  const record = () =>
    recordEvents(
      database.current,
      {
        pseudonymKey: randomBytes(32),
        findProductId: () => undefined,
        onRejectionsLost: (error) => lost.push(error),
      },
      {
        person: { kind: 'visitor', visitorHash: Buffer.alloc(32, 7) },
        externalId: undefined,
        mayWriteForOthers: false,
      },
      [
        { eventId: 'first', type: 'VIEW', sku: 'tea' },
        { eventId: randomUUID(), type: 'VIEW', sku: 'unknown' },
      ],
      new Date(),
    );
  await pool.query('ALTER TABLE rejection RENAME TO rejection_gone');
  try {
    const rejected = [{ index: 1, code: 'NOT_FOUND', message: 'no product has this sku' }];
    expect(await record()).toEqual({ accepted: 1, duplicates: 0, rejected });
    expect(await record()).toEqual({ accepted: 0, duplicates: 1, rejected });
    expect(lost).toMatchObject([{ code: '42P01' }, { code: '42P01' }]);
  } finally {
    await pool.query('ALTER TABLE rejection_gone RENAME TO rejection');
  }
});
