import type { Database, Transaction } from '@sotto/database';
import type { Reservation } from '@sotto/ledger';
import { DEFAULT_EVENT_TYPES, type Filter } from './spec/filter.ts';

const ANALYTICS_CONSENT = 4;
const BATCH_ROWS = 5_000;
const STATEMENT_TIMEOUT_MS = 120_000;
/** Numbers leave the database as doubles, which hold whole numbers up to here. */
const MAX_WHOLE = '9007199254740991';

/** Whose rows may be read: the charged cohorts, up to the window's end. */
export type Population = Pick<Reservation, 'cohorts' | 'windowEnd'>;

/** What is read of each account: only constants of the code, never input, stand in the SQL. */
export interface RowQuery {
  /** Columns with their names, over interaction i, customer c and product p. */
  readonly columns: string;
  readonly filter: Partial<Filter>;
  /** Grouped within each account; left out, every interaction is a row. */
  readonly groupBy?: string;
  /** Within each account. */
  readonly orderBy?: string;
}

/** One transaction that reads and sees one moment. */
export async function inSnapshot<Result>(
  database: Pick<Database, 'pool'>,
  read: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await database.pool.connect();
  let isComplete = false;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    await client.query("SET LOCAL work_mem = '64MB'"); // sorts a shop's rows in memory rather than on disk
    const result = await read(client);
    await client.query('COMMIT');
    isComplete = true;
    return result;
  } finally {
    // A connection that stopped half-way may hold an open cursor.
    client.release(!isComplete);
  }
}

/**
 * The rows of one account after the other, each account once: accounts (no anonymous visitors) that consent to ANALYTICS
 * now, of the charged cohorts, with what was received within the window. Whether and how an account is read depends on
 * its own rows and public entries alone.
 */
export async function* readAccounts<Row extends object>(
  tx: Transaction,
  population: Population,
  query: RowQuery,
): AsyncGenerator<readonly Row[]> {
  const { text, values } = writeSql(population, query);
  await tx.query(`DECLARE account_rows NO SCROLL CURSOR FOR ${text}`, values);
  let account: string | undefined;
  let rows: Row[] = [];
  for (;;) {
    const batch = await tx.query<Row & { account: string }>(`FETCH ${BATCH_ROWS} FROM account_rows`);
    for (const row of batch.rows) {
      if (row.account !== account) {
        if (account !== undefined) yield rows;
        account = row.account;
        rows = [];
      }
      rows.push(row);
    }
    if (batch.rows.length < BATCH_ROWS) break;
  }
  if (account !== undefined) yield rows;
  await tx.query('CLOSE account_rows');
}

/** A whole number that a double holds, of an SQL number that may be larger. */
export function wholeSql(expression: string): string {
  return `least(${expression}, ${MAX_WHOLE})::float8`;
}

function writeSql({ cohorts, windowEnd }: Population, query: RowQuery): { text: string; values: unknown[] } {
  const { filter } = query;
  const eventTypes = filter.eventTypes ?? DEFAULT_EVENT_TYPES;
  const values: unknown[] = [cohorts, windowEnd.toISOString(), eventTypes];
  const conditions = [
    'c.external_id_hash IS NOT NULL',
    `c.consent_mask & ${ANALYTICS_CONSENT} <> 0`,
    'c.cohort = ANY ($1::bpchar[])',
    'i.received_at < $2::timestamptz',
    'i.type = ANY ($3::event_type[])',
  ];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  add(filter.since, (day) => `i.occurred_at >= (${day}::date)::timestamp AT TIME ZONE 'UTC'`);
  add(filter.until, (day) => `i.occurred_at < (${day}::date)::timestamp AT TIME ZONE 'UTC'`);
  add(filter.categories, (names) => `p.categories && ${names}::text[]`);
  add(filter.skus, (names) => `p.sku = ANY (${names}::text[])`);
  add(filter.channels, (names) => `i.channel = ANY (${names}::channel[])`);
  add(filter.countries, (codes) => `i.country = ANY (${codes}::text[])`);
  const order = query.orderBy === undefined ? '' : `, ${query.orderBy}`;
  const text = `SELECT i.customer_id AS account, ${query.columns}
    FROM ${eventTypes.includes('IMPRESSION') ? WITH_IMPRESSIONS : 'interaction'} i
    JOIN customer c ON c.id = i.customer_id JOIN product p ON p.id = i.product_id
    WHERE ${conditions.join(' AND ')}
    ${query.groupBy === undefined ? '' : `GROUP BY i.customer_id, ${query.groupBy}`}
    ORDER BY i.customer_id${order}`;
  return { text, values };
}

const WITH_IMPRESSIONS = `(
  SELECT customer_id, product_id, type, occurred_at, received_at, quantity, price, rating, channel, country FROM interaction
  UNION ALL
  SELECT customer_id, product_id, 'IMPRESSION'::event_type, occurred_at, received_at, NULL, NULL, NULL, channel, NULL
  FROM impression)`;
