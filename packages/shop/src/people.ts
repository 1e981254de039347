import { randomUUID } from 'node:crypto';
import type { Database } from '@sotto/database';

/** Whose doings are meant: an account by the hash of its external id, or an anonymous visitor by the hash of its id. */
export type Person =
  | { readonly kind: 'customer'; readonly externalIdHash: Buffer }
  | { readonly kind: 'visitor'; readonly visitorHash: Buffer };

/** What both a pool and a client inside a transaction can do. */
export type Queryable = Pick<Database['pool'], 'query'>;

/** The calendar month (UTC) that an account created now belongs to, as YYYY-MM: the privacy budget hangs on it. */
export function cohortOf(now: Date): string {
  return now.toISOString().slice(0, 7);
}

/** @returns undefined when nothing was ever stored about the person. */
export async function findCustomerId(database: Queryable, person: Person): Promise<string | undefined> {
  const { rows } =
    person.kind === 'customer'
      ? await database.query<{ id: string }>({
          name: 'find-account',
          text: 'SELECT id FROM customer WHERE external_id_hash = $1',
          values: [person.externalIdHash],
        })
      : await database.query<{ id: string }>({
          name: 'find-visitor',
          text: 'SELECT customer_id AS id FROM visitor WHERE visitor_hash = $1',
          values: [person.visitorHash],
        });
  return rows[0]?.id;
}

/** The privacy cohort of an account. @returns undefined when there is no such account */
export async function findCohort(database: Queryable, externalIdHash: Buffer): Promise<string | undefined> {
  const { rows } = await database.query<{ cohort: string | null }>({
    name: 'find-cohort',
    text: 'SELECT cohort FROM customer WHERE external_id_hash = $1',
    values: [externalIdHash],
  });
  return rows[0]?.cohort ?? undefined;
}

/** The person's customer row, created on first sight: without consent, an account in this month's cohort. */
export async function ensureCustomer(database: Queryable, person: Person, now: Date): Promise<string> {
  if (person.kind === 'visitor') return ensureVisitor(database, person.visitorHash, now);
  const ids = await ensureAccounts(database, [person.externalIdHash], now);
  return ids.get(person.externalIdHash.toString('base64'))!;
}

/**
 * As ensureCustomer, inside a transaction: until it ends, identify does not move a visitor's rows away. Either they
 * move with it, or they come after and stay with the visitor.
 */
export async function holdCustomer(client: Queryable, person: Person, now: Date): Promise<string> {
  const id = await ensureCustomer(client, person, now);
  if (person.kind === 'customer') return id;
  const { rows } = await client.query<{ id: string }>(
    'SELECT customer_id AS id FROM visitor WHERE visitor_hash = $1 FOR SHARE',
    [person.visitorHash],
  );
  return rows[0]!.id;
}

/**
 * The accounts' customer rows, those that are missing created.
 * @returns customer id by the hash in base64
 */
export async function ensureAccounts(
  database: Queryable,
  externalIdHashes: readonly Buffer[],
  now: Date,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const collect = async (hashes: readonly Buffer[]) => {
    const { rows } = await database.query<{ id: string; external_id_hash: Buffer }>({
      name: 'find-accounts',
      text: 'SELECT id, external_id_hash FROM customer WHERE external_id_hash = ANY($1::bytea[])',
      values: [hashes],
    });
    for (const row of rows) ids.set(row.external_id_hash.toString('base64'), row.id);
  };
  await collect(externalIdHashes);
  if (ids.size === externalIdHashes.length) return ids;
  const missing = externalIdHashes.filter((hash) => !ids.has(hash.toString('base64')));
  // One order for all: two batches that create the same accounts must not wait for each other in a circle.
  missing.sort(Buffer.compare);
  await database.query(
    `INSERT INTO customer (id, external_id_hash, cohort, created_at)
     SELECT id, hash, $3, $4 FROM unnest($1::uuid[], $2::bytea[]) AS given (id, hash)
     ON CONFLICT (external_id_hash) DO NOTHING`,
    [missing.map(() => randomUUID()), missing, cohortOf(now), now.toISOString()],
  );
  await collect(missing);
  return ids;
}

async function ensureVisitor(database: Queryable, visitorHash: Buffer, now: Date): Promise<string> {
  const found = await findCustomerId(database, { kind: 'visitor', visitorHash });
  if (found) return found;
  // Both rows or none, in one statement; of two that race, the loser's customer row is never inserted.
  await database.query(
    `WITH taken AS (
       INSERT INTO visitor (visitor_hash, customer_id) VALUES ($1, $2)
       ON CONFLICT (visitor_hash) DO NOTHING RETURNING customer_id
     ) INSERT INTO customer (id, created_at) SELECT customer_id, $3 FROM taken`,
    [visitorHash, randomUUID(), now.toISOString()],
  );
  return (await findCustomerId(database, { kind: 'visitor', visitorHash }))!;
}
