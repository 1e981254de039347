import { randomUUID } from 'node:crypto';
import { type Database, inTransaction } from '@sotto/database';
import { appendConsents, lockCustomer, PURPOSE_BITS, readLatest } from './consent.ts';
import { AppError } from './errors.ts';
import { ensureCustomer, type Queryable } from './people.ts';

export interface Identified {
  readonly customerId: string;
  /** Whether this call moved the visitor's interactions to the account. */
  readonly mergedInteractions: boolean;
}

/**
 * The visitor becomes the account, once: what was done anonymously moves to it, and so does the visitor's word on
 * purposes that the account never spoke about. Where both spoke, a later refusal of the visitor carries over, a later
 * grant does not. Afterwards the visitor's id is anonymous again, with an empty history and no consent.
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
    const { gpcRecordedMask } = await lockCustomer(client, visitorId);
    await lockCustomer(client, customerId);
    const carried = await carryConsents(client, visitorId, customerId, now);
    // Only where the visitor's word holds now: a grant of the account was not given in view of the visitor's objection.
    await client.query('UPDATE customer SET gpc_recorded_mask = gpc_recorded_mask | $2::smallint WHERE id = $1', [
      customerId,
      gpcRecordedMask & carried,
    ]);
    const mergedInteractions = await moveHistory(client, visitorId, customerId);
    await freeVisitor(client, visitorHash, customerId, now);
    return { customerId, mergedInteractions };
  });
}

/**
 * The visitor's own rows stay as they were said; the account gets rows of its own.
 * @returns bits of the purposes that the visitor's word now decides
 */
async function carryConsents(client: Queryable, visitorId: string, customerId: string, now: Date): Promise<number> {
  const ofAccount = new Map((await readLatest(client, customerId)).map((consent) => [consent.purpose, consent]));
  const carried = (await readLatest(client, visitorId)).filter(({ purpose, isGranted, changedAt }) => {
    const spoken = ofAccount.get(purpose);
    return !spoken || (!isGranted && changedAt >= spoken.changedAt);
  });
  if (carried.length === 0) return 0;
  const changes = carried.map(({ purpose, isGranted, source }) => ({
    purpose,
    isGranted,
    source: source === 'GPC' ? source : ('IDENTIFY' as const),
  }));
  await appendConsents(client, customerId, changes, now);
  return carried.reduce((bits, { purpose }) => bits | PURPOSE_BITS[purpose], 0);
}

/**
 * The account receives the rows now (received_at), whenever they occurred: what is being paged through by receive time
 * goes on without them.
 * @returns whether any interaction or impression moved
 */
async function moveHistory(client: Queryable, from: string, to: string): Promise<boolean> {
  const interactions = await client.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at, quantity, price,
       rating, channel, country, recommendation_id)
     SELECT $2, event_id, product_id, type, occurred_at, clock_timestamp(), quantity, price, rating, channel, country,
       recommendation_id FROM interaction WHERE customer_id = $1
     ON CONFLICT DO NOTHING`,
    [from, to],
  );
  const impressions = await client.query(
    `INSERT INTO impression (customer_id, event_id, product_id, occurred_at, received_at, channel, recommendation_id)
     SELECT $2, event_id, product_id, occurred_at, clock_timestamp(), channel, recommendation_id
     FROM impression WHERE customer_id = $1
     ON CONFLICT DO NOTHING`,
    [from, to],
  );
  for (const table of ['interaction', 'impression'])
    await client.query(`DELETE FROM ${table} WHERE customer_id = $1`, [from]);
  return (interactions.rowCount ?? 0) + (impressions.rowCount ?? 0) > 0;
}

/** The visitor's id points to a fresh, empty row; the former one is left with its consent history alone. */
async function freeVisitor(client: Queryable, visitorHash: Buffer, customerId: string, now: Date): Promise<void> {
  const freshId = randomUUID();
  await client.query('INSERT INTO customer (id, created_at) VALUES ($1, $2)', [freshId, now.toISOString()]);
  await client.query(
    `UPDATE visitor SET former_customer_id = customer_id, customer_id = $2, identified_as = $3, identified_at = $4
     WHERE visitor_hash = $1`,
    [visitorHash, freshId, customerId, now.toISOString()],
  );
}
