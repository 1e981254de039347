import { type Database, TASTE_TYPE_SQL } from '@sotto/database';
import type { Asker, BasisCause } from './types.ts';

/**
 * A person's own rows, as one request may use them. Everything is empty without consent to personalization: then not
 * even what was bought or disliked stays away, since the answer may not depend on the person at all.
 */
export interface Person {
  /** PERSONALIZATION is granted, and no objection came with this request. */
  readonly isConsented: boolean;
  /** Why nothing personal may be used, when it may not. */
  readonly refusal: Extract<BasisCause, 'NO_CONSENT' | 'GLOBAL_PRIVACY_CONTROL'> | null;
  /** The newest interactions, oldest first. */
  readonly history: OwnRows;
  /** Purchases within the days asked for, each product once, the latest first. */
  readonly purchases: OwnRows;
  /** Products whose latest verdict is a dislike: no purchase, like or better rating came after it. */
  readonly dislikedProductIds: Int32Array;
  /** Products shown within the hours asked for, one row an impression. */
  readonly impressions: OwnRows;
  /** Latest receive time of any row above; 0 = there are none. Microseconds since 1970. */
  readonly watermarkUs: number;
}

/** Parallel arrays. */
export interface OwnRows {
  readonly productIds: Int32Array;
  /** Index in INTERACTION_KINDS. */
  readonly kinds: Uint8Array;
  /** Seconds since 1970. */
  readonly times: Uint32Array;
}

/** Somebody of whom rows may be stored. */
export type KnownAsker = Exclude<Asker, { kind: 'nobody' }>;

export interface PersonQuery<Who extends Asker = Asker> {
  readonly asker: Who;
  /** Days of purchases to read; 0 = none. */
  readonly purchaseDays: number;
  /** Hours of impressions to read; 0 = none. */
  readonly impressionHours: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Rows received later are left out. Microseconds since 1970. */
  readonly watermarkUs?: number;
}

export const MAX_HISTORY_ROWS = 200;
/** Purchases, likes, dislikes and ratings, the newest ones: a bulk buyer's request must not read a year of them. */
const MAX_VERDICT_ROWS = 2_000;
const MAX_IMPRESSIONS = 1_000;
const PERSONALIZATION_BIT = 1;
const NO_ROWS: OwnRows = { productIds: new Int32Array(), kinds: new Uint8Array(), times: new Uint32Array() };
const NOTHING = {
  history: NO_ROWS,
  purchases: NO_ROWS,
  dislikedProductIds: new Int32Array(),
  impressions: NO_ROWS,
  watermarkUs: 0,
};

/** Rows leave PostgreSQL packed, 13 bytes each: 200 of them as arrays of text would cost more than the ranking. */
const ROW_BYTES = 13;
const packed = (product: string, kind: string, time: string) =>
  `int4send(${product}) || ${kind} || float8send(date_part('epoch', ${time}))`;
const KIND = String.raw`CASE type WHEN 'VIEW' THEN '\x00'::bytea WHEN 'CART' THEN '\x01' WHEN 'PURCHASE' THEN '\x02' WHEN 'RATING' THEN '\x03' WHEN 'LIKE' THEN '\x04' ELSE '\x05' END`;

const RECEIVED = `received_at <= coalesce(asked.watermark, 'infinity')`;
const MAY_USE = `(c.consent_mask & ${PERSONALIZATION_BIT}) <> 0 AND (NOT asked.is_gpc OR (c.gpc_recorded_mask & ${PERSONALIZATION_BIT}) <> 0)`;
const BOUGHT = packed('product_id', String.raw`'\x02'::bytea`, 'bought_at');
/** As the partial index interaction_verdict has it, or it is not used. */
const IS_VERDICT = `type IN ('PURCHASE', 'RATING', 'LIKE', 'DISLIKE')`;
const SHOWN = packed('product_id', String.raw`'\x00'::bytea`, 'occurred_at');

/**
 * One row for each of those asked for who is known, with their place among them first.
 * Consent decides within the statement whether anything else is read: a withdrawal is obeyed by every request that
 * starts after its commit. Conditions stand inside the subqueries, where they keep them from running; the limit of the
 * first keeps the planner from joining whole tables.
 */
const statement = (people: string) => `
  SELECT asked.place::int, c.consent_mask, c.gpc_mask, c.gpc_recorded_mask, h.rows, v.bought, v.disliked, s.rows,
    (date_part('epoch', greatest(h.received_at, v.received_at, s.received_at)) * 1000000)::float8
  FROM unnest($1::bytea[], $2::boolean[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::int[])
    WITH ORDINALITY AS asked (hash, is_gpc, now, watermark, purchase_days, impression_hours, place)
  CROSS JOIN LATERAL (
    SELECT c.id, c.consent_mask, c.gpc_mask, c.gpc_recorded_mask, ${MAY_USE} AS may_use FROM ${people} LIMIT 1
  ) c
  CROSS JOIN LATERAL (
    SELECT string_agg(${packed('product_id', KIND, 'occurred_at')}, ''::bytea ORDER BY occurred_at, event_id) AS rows,
      max(received_at) AS received_at
    FROM (
      SELECT product_id, ${TASTE_TYPE_SQL} AS type, occurred_at, event_id, received_at FROM interaction
      WHERE c.may_use AND customer_id = c.id AND ${RECEIVED}
      ORDER BY occurred_at DESC, event_id DESC LIMIT ${MAX_HISTORY_ROWS}
    ) newest
  ) h
  CROSS JOIN LATERAL (
    SELECT string_agg(${BOUGHT}, ''::bytea ORDER BY bought_at DESC, product_id) FILTER (
        WHERE asked.purchase_days > 0 AND bought_at > asked.now - make_interval(days => asked.purchase_days)
      ) AS bought,
      string_agg(int4send(product_id), ''::bytea ORDER BY product_id) FILTER (
        WHERE disliked_at > coalesce(approved_at, '-infinity')
      ) AS disliked,
      max(received_at) AS received_at
    FROM (
      SELECT product_id, max(occurred_at) FILTER (WHERE type = 'PURCHASE') AS bought_at,
        max(occurred_at) FILTER (WHERE type = 'DISLIKE') AS disliked_at,
        max(occurred_at) FILTER (WHERE type <> 'DISLIKE') AS approved_at, max(received_at) AS received_at
      FROM (
        SELECT product_id, ${TASTE_TYPE_SQL} AS type, occurred_at, received_at FROM interaction
        WHERE c.may_use AND customer_id = c.id AND ${IS_VERDICT} AND ${RECEIVED}
        ORDER BY occurred_at DESC, event_id DESC LIMIT ${MAX_VERDICT_ROWS}
      ) newest GROUP BY product_id
    ) verdict
  ) v
  CROSS JOIN LATERAL (
    SELECT string_agg(${SHOWN}, ''::bytea ORDER BY occurred_at DESC, event_id) AS rows,
      max(received_at) AS received_at
    FROM (
      SELECT product_id, occurred_at, event_id, received_at FROM impression
      WHERE c.may_use AND asked.impression_hours > 0 AND customer_id = c.id AND ${RECEIVED}
        AND occurred_at > asked.now - make_interval(hours => asked.impression_hours)
      ORDER BY occurred_at DESC, event_id DESC LIMIT ${MAX_IMPRESSIONS}
    ) shown
  ) s`;

const STATEMENTS = {
  customer: { name: 'serving-customer', text: statement('customer c WHERE c.external_id_hash = asked.hash') },
  // Of a visitor who was identified this is a fresh row: without consent, and with what was done since then.
  visitor: {
    name: 'serving-visitor',
    text: statement('visitor v JOIN customer c ON c.id = v.customer_id WHERE v.visitor_hash = asked.hash'),
  },
};

type PersonRow = [
  place: number,
  consentMask: number,
  gpcMask: number,
  gpcRecordedMask: number,
  history: Buffer | null,
  purchases: Buffer | null,
  disliked: Buffer | null,
  impressions: Buffer | null,
  watermarkUs: number | null,
];

/**
 * Reads what requests may know of their askers, all of one kind, in one prepared statement.
 * @returns a person for each query, in their order
 */
export async function readPeople(
  { pool }: Pick<Database, 'pool'>,
  kind: KnownAsker['kind'],
  queries: readonly PersonQuery<KnownAsker>[],
): Promise<Person[]> {
  const { rows } = await pool.query<PersonRow>({
    ...STATEMENTS[kind],
    values: [
      queries.map(({ asker }) => (asker.kind === 'customer' ? asker.externalIdHash : asker.visitorHash)),
      queries.map(({ asker }) => asker.isGpc),
      queries.map(({ nowMs }) => new Date(nowMs).toISOString()),
      queries.map(({ watermarkUs }) => (watermarkUs === undefined ? null : formatMicroseconds(watermarkUs))),
      queries.map(({ purchaseDays }) => purchaseDays),
      queries.map(({ impressionHours }) => impressionHours),
    ],
    rowMode: 'array',
  });
  const people = queries.map(({ asker }) => refuse(asker.isGpc));
  for (const row of rows) people[row[0] - 1] = parsePerson(queries[row[0] - 1]!.asker, row);
  return people;
}

function parsePerson(asker: KnownAsker, row: PersonRow): Person {
  const [, consentMask, gpcMask, gpcRecordedMask, history, purchases, disliked, impressions, watermarkUs] = row;
  const isGranted = (consentMask & PERSONALIZATION_BIT) !== 0;
  // A grant that came after a recorded objection stands, although the browser goes on sending the header.
  const isObjected = asker.isGpc && !(isGranted && (gpcRecordedMask & PERSONALIZATION_BIT) !== 0);
  if (!isGranted || isObjected) return refuse(isObjected || (gpcMask & PERSONALIZATION_BIT) !== 0);
  return {
    isConsented: true,
    refusal: null,
    history: unpack(history),
    purchases: unpack(purchases),
    dislikedProductIds: unpackIds(disliked),
    impressions: unpack(impressions),
    watermarkUs: watermarkUs === null ? 0 : Math.round(watermarkUs),
  };
}

/** Somebody of whom nothing may be used. */
export function refuse(isGpc: boolean): Person {
  return { isConsented: false, refusal: isGpc ? 'GLOBAL_PRIVACY_CONTROL' : 'NO_CONSENT', ...NOTHING };
}

function unpack(bytes: Buffer | null): OwnRows {
  if (bytes === null) return NO_ROWS;
  const count = bytes.length / ROW_BYTES;
  const rows = { productIds: new Int32Array(count), kinds: new Uint8Array(count), times: new Uint32Array(count) };
  for (let row = 0, offset = 0; row < count; row++, offset += ROW_BYTES) {
    rows.productIds[row] = bytes.readInt32BE(offset);
    rows.kinds[row] = bytes[offset + 4]!;
    rows.times[row] = bytes.readDoubleBE(offset + 5);
  }
  return rows;
}

function unpackIds(bytes: Buffer | null): Int32Array {
  return Int32Array.from({ length: (bytes?.length ?? 0) / 4 }, (_, row) => bytes!.readInt32BE(row * 4));
}

/** A double holds microseconds since 1970 exactly; Date would cut them to milliseconds. */
function formatMicroseconds(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const fraction = String(microseconds - seconds * 1e6).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
