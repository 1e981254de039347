import { randomBytes } from 'node:crypto';
import { type Database, writeSetting } from '@sotto/database';
import { budgetPolicy } from '@sotto/ledger';

/** What an account of a canary shop does, always on products of one subject. */
export interface CanaryEvent {
  /** Which of the subject's products. */
  readonly product: 'a' | 'b';
  readonly type: 'VIEW' | 'PURCHASE';
  /** Days after the first day of the shop. */
  readonly day: number;
  readonly quantity: number;
}

/** Two products that nobody but the subject's own accounts ever touches: whatever is asked of them is about those. */
export interface Subject {
  readonly a: string;
  readonly b: string;
}

export interface SubjectAccounts {
  /** What the canary did, if it is there. */
  readonly canary: readonly CanaryEvent[];
  /** Others who are there in either case, all alike. */
  readonly others: { readonly count: number; readonly events: readonly CanaryEvent[] };
}

/** Everything happens in one month, which is one cohort. The shop's first day is a Monday. */
export const CANARY_COHORT = '2026-01';
export const FIRST_DAY = '2026-01-05';
export const ASKED_AT = new Date('2026-01-30T12:00:00Z');
/** At which a canary shop states epsilons: large enough for thousands of questions with a delta of 1e-8 of their own. */
export const CANARY_DELTA = '0.0001';
/** The largest that a filter opens with. */
const BUDGET = { epsilon: '1000', delta: CANARY_DELTA };
const ROWS_PER_STATEMENT = 20_000;

/** Gives an empty database the budget of a canary shop. Cohorts that are open keep theirs. */
export async function openCanaryShop(database: Database): Promise<void> {
  await writeSetting(database, budgetPolicy, BUDGET);
}

/**
 * Adds subjects with their accounts.
 * @param hasCanary for each subject, whether its canary is there
 */
export async function addSubjects(
  database: Database,
  accounts: SubjectAccounts,
  hasCanary: readonly boolean[],
): Promise<Subject[]> {
  const prefix = `canary-${randomBytes(6).toString('hex')}`;
  const subjects = hasCanary.map((_, number) => ({ a: `${prefix}-${number}-a`, b: `${prefix}-${number}-b` }));
  await database.pool.query(
    `INSERT INTO product (sku, title, categories) SELECT sku, sku, '{}' FROM unnest($1::text[]) AS sku`,
    [subjects.flatMap(({ a, b }) => [a, b])],
  );
  const doings: { readonly subject: Subject; readonly events: readonly CanaryEvent[] }[] = [];
  for (const [number, subject] of subjects.entries()) {
    if (hasCanary[number]) doings.push({ subject, events: accounts.canary });
    for (let other = 0; other < accounts.others.count; other++)
      doings.push({ subject, events: accounts.others.events });
  }
  const customers = await addCustomers(database, doings.length);
  const rows = doings.flatMap(({ subject, events }, index) =>
    events.map((event) => ({ ...event, customer: customers[index]!, sku: subject[event.product] })),
  );
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
    await addInteractions(database, rows.slice(start, start + ROWS_PER_STATEMENT));
  await database.pool.query('ANALYZE product, customer, interaction');
  return subjects;
}

/** Accounts that consent to everything. @returns their ids */
export async function addCustomers(database: Database, count: number): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO customer (id, external_id_hash, cohort, consent_mask)
     SELECT gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), $2, 7 FROM generate_series(1, $1::int)
     RETURNING id`,
    [count, CANARY_COHORT],
  );
  return rows.map(({ id }) => id);
}

type InteractionRow = CanaryEvent & { readonly customer: string; readonly sku: string };

export async function addInteractions(database: Database, rows: readonly InteractionRow[]): Promise<void> {
  // Views an hour before purchases of the same day: a funnel goes by time.
  await database.pool.query(
    `INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, received_at, quantity, price)
     SELECT customer, gen_random_uuid(), product.id, type::event_type, at, at, quantity, 1
     FROM (SELECT customer, sku, type, quantity, $6::timestamptz + make_interval(days => day,
                  hours => CASE type WHEN 'VIEW' THEN 9 ELSE 10 END) AS at
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[])
                AS given (customer, sku, type, day, quantity)) AS given
     JOIN product USING (sku)`,
    [
      rows.map(({ customer }) => customer),
      rows.map(({ sku }) => sku),
      rows.map(({ type }) => type),
      rows.map(({ day }) => day),
      rows.map(({ quantity }) => quantity),
      `${FIRST_DAY}T00:00:00Z`,
    ],
  );
}
