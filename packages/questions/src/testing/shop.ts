import { randomUUID } from 'node:crypto';
import type { Database } from '@sotto/database';
import { seededRandomSource } from '@sotto/privacy/testing';
import type { EventType } from '../spec/filter.ts';

/** One interaction as the generator made it, for truths that are computed without the database. */
export interface MadeInteraction {
  readonly sku: string;
  readonly type: EventType;
  readonly at: number;
  readonly quantity: number | null;
  /** In hundredths. */
  readonly price: number | null;
  /** In hundredths of a star. */
  readonly rating: number | null;
  readonly channel: string | null;
  readonly country: string | null;
  readonly isReceivedInTime: boolean;
}

export interface MadeAccount {
  readonly id: string;
  /** Null for an anonymous visitor. */
  readonly cohort: string | null;
  readonly consentMask: number;
  readonly interactions: readonly MadeInteraction[];
}

export interface MadeProduct {
  readonly sku: string;
  readonly categories: readonly string[];
  readonly brand: string | null;
}

export interface MadeShop {
  readonly products: readonly MadeProduct[];
  readonly accounts: readonly MadeAccount[];
}

/** Everything is received before it, unless it is late on purpose. */
export const WINDOW_END = new Date('2026-04-01T00:00:00Z');
export const NOW = new Date('2026-04-01T09:30:00Z');
export const COHORTS = ['2026-01', '2026-02', '2026-03'] as const;
const SINCE = Date.parse('2026-01-01T00:00:00Z');
const DAYS = 88;
const TYPES: readonly EventType[] = ['VIEW', 'VIEW', 'CART', 'PURCHASE', 'RATING', 'LIKE', 'IMPRESSION'];

/** A small shop, the same for the same seed: accounts with and without consent, visitors, late rows, missing fields. */
export function makeShop(seed: string, accountCount = 120): MadeShop {
  const random = seededRandomSource(seed);
  const pick = <T>(values: readonly T[]): T => values[random.below(values.length)]!;
  const products = Array.from({ length: 24 }, (_, index) => ({
    sku: `sku-${`${index}`.padStart(2, '0')}`,
    categories: index % 8 === 7 ? [] : [pick(['Books', 'Games', 'Home']), pick(['Old', 'New'])],
    brand: index % 5 === 0 ? null : pick(['Acme', 'Bolt']),
  }));
  const accounts = Array.from({ length: accountCount }, (_, index) => ({
    id: randomUUID(),
    cohort: index % 11 === 10 ? null : pick(COHORTS),
    consentMask: index % 7 === 6 ? 3 : pick([4, 6, 7]),
    interactions: Array.from({ length: random.below(12) }, () => {
      const type = pick(TYPES);
      return {
        // The first few products are bought most.
        sku: products[Math.min(random.below(24), random.below(24))]!.sku,
        type,
        // Often at the very same moment: order within it matters.
        at: SINCE + random.below(DAYS) * 86_400_000 + random.below(4) * 21_600_000,
        quantity: type === 'PURCHASE' && random.below(4) > 0 ? 1 + random.below(5) : null,
        price: type === 'PURCHASE' && random.below(10) > 0 ? 1 + random.below(5_000) : null,
        rating: type === 'RATING' ? 50 * (1 + random.below(10)) : null,
        channel: random.below(6) === 0 ? null : pick(['WEB', 'APP', 'STORE']),
        country: type === 'IMPRESSION' || random.below(6) === 0 ? null : pick(['DE', 'FR', 'GB']),
        isReceivedInTime: random.below(15) > 0,
      };
    }),
  }));
  return { products, accounts };
}

/** Those whom a question is about, with what was received in time. */
export function populationOf({ accounts }: MadeShop, cohorts: readonly string[] = COHORTS): MadeInteraction[][] {
  return accounts
    .filter(({ cohort, consentMask }) => cohort !== null && cohorts.includes(cohort) && (consentMask & 4) !== 0)
    .map(({ interactions }) => interactions.filter(({ isReceivedInTime }) => isReceivedInTime))
    .filter((interactions) => interactions.length > 0);
}

export async function storeShop({ pool }: Pick<Database, 'pool'>, { products, accounts }: MadeShop): Promise<void> {
  await pool.query(
    `INSERT INTO product (sku, title, categories, brand)
     SELECT item ->> 'sku', 'a product', ARRAY(SELECT jsonb_array_elements_text(item -> 'categories')), item ->> 'brand'
     FROM jsonb_array_elements($1::jsonb) item`,
    [JSON.stringify(products)],
  );
  await pool.query(
    `INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
     SELECT (item ->> 'id')::uuid, CASE WHEN item ->> 'cohort' IS NOT NULL THEN sha256((item ->> 'id')::bytea) END,
       item ->> 'cohort', (item ->> 'consentMask')::int FROM jsonb_array_elements($1::jsonb) item`,
    [JSON.stringify(accounts)],
  );
  const rows = accounts.flatMap(({ id, interactions }) => interactions.map((row) => ({ ...row, id })));
  const given = `SELECT (item ->> 'id')::uuid, gen_random_uuid(), p.id, to_timestamp((item ->> 'at')::float8 / 1000),
      CASE WHEN (item ->> 'isReceivedInTime')::boolean THEN $2::timestamptz - interval '1 second' ELSE $2 END,
      (item ->> 'channel')::channel`;
  const from = `FROM jsonb_array_elements($1::jsonb) item JOIN product p ON p.sku = item ->> 'sku'`;
  await pool.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, occurred_at, received_at, channel, type, quantity, price,
       rating, country)
     ${given}, (item ->> 'type')::event_type, (item ->> 'quantity')::int, (item ->> 'price')::numeric / 100,
       (item ->> 'rating')::real / 100, item ->> 'country' ${from} WHERE item ->> 'type' <> 'IMPRESSION'`,
    [JSON.stringify(rows), WINDOW_END.toISOString()],
  );
  await pool.query(
    `INSERT INTO impression (customer_id, event_id, product_id, occurred_at, received_at, channel)
     ${given} ${from} WHERE item ->> 'type' = 'IMPRESSION'`,
    [JSON.stringify(rows), WINDOW_END.toISOString()],
  );
}
