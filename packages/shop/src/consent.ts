import { randomUUID } from 'node:crypto';
import { type Database, inTransaction } from '@sotto/database';
import { findCustomerId, holdCustomer, type Person, type Queryable } from './people.ts';

/** What data may be used for, each granted or refused apart. */
export const PURPOSES = ['PERSONALIZATION', 'TRAINING', 'ANALYTICS'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The bits of customer.consent_mask, gpc_mask and gpc_recorded_mask. */
export const PURPOSE_BITS: Record<Purpose, number> = { PERSONALIZATION: 1, TRAINING: 2, ANALYTICS: 4 };

export interface Consent {
  readonly purpose: Purpose;
  readonly isGranted: boolean;
  readonly changedAt: Date;
  readonly source: 'CUSTOMER' | 'GPC' | 'IMPORT' | 'IDENTIFY';
}

/** What a Global Privacy Control signal means in this shop. */
export interface GpcPolicy {
  readonly purposes: readonly Purpose[];
}

/** The latest word on each purpose that has one, in the order of PURPOSES. */
export async function readConsents({ pool }: Pick<Database, 'pool'>, person: Person): Promise<Consent[]> {
  const customerId = await findCustomerId(pool, person);
  return customerId ? readLatest(pool, customerId) : [];
}

/**
 * Appends what the person says, creating them on first sight. Saying the same again adds nothing.
 * @param objection the Sec-GPC policy when the request carried the signal: it is recorded first, so that what is said
 *   here explicitly stands although the signal keeps coming
 */
export async function updateConsent(
  database: Pick<Database, 'pool'>,
  person: Person,
  change: { readonly purpose: Purpose; readonly isGranted: boolean },
  now: Date,
  objection?: GpcPolicy,
): Promise<Consent[]> {
  return inTransaction(database, async (client) => {
    const customerId = await holdCustomer(client, person, now);
    const { gpcRecordedMask } = await lockCustomer(client, customerId);
    if (objection) await appendObjection(client, customerId, objection, gpcRecordedMask, now);
    const latest = (await readLatest(client, customerId)).find(({ purpose }) => purpose === change.purpose);
    if (latest?.source !== 'CUSTOMER' || latest.isGranted !== change.isGranted)
      await appendConsents(client, customerId, [{ ...change, source: 'CUSTOMER' }], now);
    return readLatest(client, customerId);
  });
}

/**
 * Takes a Sec-GPC: 1 signal as an objection, once for each purpose in the life of a customer row. Nothing is stored
 * about somebody unknown: without a row there is nothing to object to, and the header itself is obeyed at every request.
 * @returns whether the person is known, so that the caller need not ask again
 */
export async function recordGpcObjection(
  database: Pick<Database, 'pool'>,
  person: Person,
  policy: GpcPolicy,
  now: Date,
): Promise<boolean> {
  // Most who send the signal are unknown: they cost one look-up and no transaction.
  if (!(await findCustomerId(database.pool, person))) return false;
  return inTransaction(database, async (client) => {
    const customerId = await holdCustomer(client, person, now);
    const { gpcRecordedMask } = await lockCustomer(client, customerId);
    await appendObjection(client, customerId, policy, gpcRecordedMask, now);
    return true;
  });
}

/** Appends changes and folds them into the row's masks. The caller holds the row's lock. */
export async function appendConsents(
  client: Queryable,
  customerId: string,
  changes: readonly { readonly purpose: Purpose; readonly isGranted: boolean; readonly source: Consent['source'] }[],
  now: Date,
): Promise<void> {
  // Never at or before an earlier change of the same customer: the latest is found by time.
  await client.query(
    `INSERT INTO consent_change (customer_id, id, purpose, is_granted, source, changed_at)
     SELECT $1, id, purpose, is_granted, source, greatest($6::timestamptz,
       (SELECT max(changed_at) + interval '1 millisecond' FROM consent_change WHERE customer_id = $1))
     FROM unnest($2::uuid[], $3::purpose[], $4::boolean[], $5::consent_source[]) AS given (id, purpose, is_granted, source)`,
    [
      customerId,
      changes.map(() => randomUUID()),
      changes.map(({ purpose }) => purpose),
      changes.map(({ isGranted }) => isGranted),
      changes.map(({ source }) => source),
      now.toISOString(),
    ],
  );
  const mask = (isChosen: (change: (typeof changes)[number]) => boolean) =>
    changes.filter(isChosen).reduce((bits, { purpose }) => bits | PURPOSE_BITS[purpose], 0);
  await client.query(
    `UPDATE customer SET consent_mask = (consent_mask & ~$2::smallint) | $3::smallint,
       gpc_mask = (gpc_mask & ~$2::smallint) | $4::smallint, gpc_recorded_mask = gpc_recorded_mask | $4::smallint
     WHERE id = $1`,
    [customerId, mask(() => true), mask(({ isGranted }) => isGranted), mask(({ source }) => source === 'GPC')],
  );
}

/** Locks the row against other changes of consent and against identify. */
export async function lockCustomer(client: Queryable, customerId: string): Promise<{ gpcRecordedMask: number }> {
  const { rows } = await client.query<{ gpc_recorded_mask: number }>(
    'SELECT gpc_recorded_mask FROM customer WHERE id = $1 FOR UPDATE',
    [customerId],
  );
  return { gpcRecordedMask: rows[0]?.gpc_recorded_mask ?? 0 };
}

async function appendObjection(
  client: Queryable,
  customerId: string,
  { purposes }: GpcPolicy,
  gpcRecordedMask: number,
  now: Date,
) {
  const changes = purposes
    .filter((purpose) => (gpcRecordedMask & PURPOSE_BITS[purpose]) === 0)
    .map((purpose) => ({ purpose, isGranted: false, source: 'GPC' as const }));
  if (changes.length > 0) await appendConsents(client, customerId, changes, now);
}

/** The latest word on each purpose that has one, in the order of PURPOSES. */
export async function readLatest(client: Queryable, customerId: string): Promise<Consent[]> {
  const { rows } = await client.query<Consent>(
    `SELECT DISTINCT ON (c.purpose) c.purpose::text AS purpose, is_granted AS "isGranted", changed_at AS "changedAt",
       source::text AS source
     FROM consent_change c WHERE customer_id = $1 ORDER BY c.purpose, changed_at DESC`,
    [customerId],
  );
  return rows;
}
