import { randomUUID } from 'node:crypto';
import { type Database, inTransaction } from '@sotto/database';
import { appendConsents, lockCustomer, readLatest } from './consent.ts';
import { AppError } from './errors.ts';
import { ensureCustomer, type Queryable } from './people.ts';

export interface Identified {
  readonly customerId: string;
  /** Whether this call moved the visitor's interactions to the account. */
  readonly mergedInteractions: boolean;
}

/**
 * The visitor becomes the account, once: what was done anonymously moves to it, and so does consent on purposes that
 * the account never spoke about. Afterwards the visitor's id is anonymous again, with an empty history.
 * The same visitor again for the same account changes nothing.
 * @throws AppError CONFLICT when the visitor already became another account
 */
export async function identifyVisitor(
  database: Pick<Database, 'pool'>,
  { visitorHash, externalIdHash }: { readonly visitorHash: Buffer; readonly externalIdHash: Buffer },
  now: Date,
): Promise<Identified> {
  return inTransaction(database, async (client) => {
    const customerId = await ensureCustomer(client, { kind: 'customer', externalIdHash }, now);
    const visitorId = await ensureCustomer(client, { kind: 'visitor', visitorHash }, now);
    const { rows } = await client.query<{ identified_as: string | null }>(
      'SELECT identified_as FROM visitor WHERE visitor_hash = $1 FOR UPDATE',
      [visitorHash],
    );
    const identifiedAs = rows[0]!.identified_as;
    if (identifiedAs === customerId) return { customerId, mergedInteractions: false };
    if (identifiedAs) throw new AppError('CONFLICT', 'this visitor was already identified as another customer');
    // Visitor before account, here and everywhere: two calls must not wait for each other in a circle.
    await lockCustomer(client, visitorId);
    const { isGpcRecorded } = await lockCustomer(client, customerId);
    await moveConsents(client, visitorId, customerId, now);
    await client.query(
      `UPDATE customer SET is_gpc_recorded = $2
         OR (SELECT is_gpc_recorded FROM customer WHERE id = $3) WHERE id = $1`,
      [customerId, isGpcRecorded, visitorId],
    );
    const mergedInteractions = await moveHistory(client, visitorId, customerId);
    await forgetVisitor(client, visitorHash, visitorId, customerId, now);
    return { customerId, mergedInteractions };
  });
}

async function moveConsents(client: Queryable, visitorId: string, customerId: string, now: Date) {
  const spoken = new Set((await readLatest(client, customerId)).map(({ purpose }) => purpose));
  const moved = (await readLatest(client, visitorId)).filter(({ purpose }) => !spoken.has(purpose));
  if (moved.length === 0) return;
  const changes = moved.map(({ purpose, isGranted }) => ({ purpose, isGranted, source: 'IDENTIFY' as const }));
  await appendConsents(client, customerId, changes, now);
}

/** @returns whether any interaction or impression moved */
async function moveHistory(client: Queryable, from: string, to: string): Promise<boolean> {
  const interactions = await client.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at, quantity, price,
       rating, channel, country, recommendation_id)
     SELECT $2, event_id, product_id, type, occurred_at, received_at, quantity, price, rating, channel, country,
       recommendation_id FROM interaction WHERE customer_id = $1
     ON CONFLICT DO NOTHING`,
    [from, to],
  );
  const impressions = await client.query(
    `INSERT INTO impression (customer_id, event_id, product_id, occurred_at, received_at, channel, recommendation_id)
     SELECT $2, event_id, product_id, occurred_at, received_at, channel, recommendation_id
     FROM impression WHERE customer_id = $1
     ON CONFLICT DO NOTHING`,
    [from, to],
  );
  return (interactions.rowCount ?? 0) + (impressions.rowCount ?? 0) > 0;
}

/** The visitor's old row goes with all that hung on it; the id points to a fresh, empty one. */
async function forgetVisitor(
  client: Queryable,
  visitorHash: Buffer,
  visitorId: string,
  customerId: string,
  now: Date,
): Promise<void> {
  for (const table of ['interaction', 'impression', 'consent_change'])
    await client.query(`DELETE FROM ${table} WHERE customer_id = $1`, [visitorId]);
  await client.query('DELETE FROM customer WHERE id = $1', [visitorId]);
  const freshId = randomUUID();
  await client.query('INSERT INTO customer (id, created_at) VALUES ($1, $2)', [freshId, now.toISOString()]);
  await client.query(
    'UPDATE visitor SET customer_id = $2, identified_as = $3, identified_at = $4 WHERE visitor_hash = $1',
    [visitorHash, freshId, customerId, now.toISOString()],
  );
}
