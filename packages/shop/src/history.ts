import type { Database } from '@sotto/database';
import type { Channel, EventType } from './event-input.ts';
import { findCustomerId, type Person } from './people.ts';

/** One thing that a person did, as told back to that person. */
export interface OwnInteraction {
  readonly type: EventType;
  readonly productId: number;
  readonly at: Date;
  readonly channel: Channel | null;
  readonly quantity: number | null;
  readonly price: string | null;
}

/** The person's own latest interactions, newest first. */
export async function listOwnInteractions(
  { pool }: Pick<Database, 'pool'>,
  person: Person,
  limit: number,
): Promise<OwnInteraction[]> {
  const customerId = await findCustomerId(pool, person);
  if (!customerId) return [];
  const { rows } = await pool.query<OwnInteraction>(
    `SELECT type::text AS type, product_id AS "productId", occurred_at AS at, channel::text AS channel, quantity,
       trim_scale(price)::text AS price
     FROM interaction WHERE customer_id = $1 ORDER BY occurred_at DESC, received_at DESC LIMIT $2`,
    [customerId, limit],
  );
  return rows;
}
