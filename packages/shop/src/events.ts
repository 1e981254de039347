import { type Database, inTransaction, recordRejections } from '@sotto/database';
import { pseudonymOf } from '@sotto/vault';
import { AppError, type ErrorCode } from './errors.ts';
import { type EventInput, type ParsedEvent, parseEvent } from './event-input.ts';
import { ensureAccounts, ensureCustomer, holdCustomer, type Person, type Queryable } from './people.ts';

export const MAX_EVENTS = 500;

/** Who sends events, as the request's headers say. */
export interface EventSender {
  /** Whose events they are unless one says otherwise: the token's customer, else the visitor. */
  readonly person: Person | undefined;
  /** The customer token's subject. */
  readonly externalId: string | undefined;
  /** A secret key may write for every customer. */
  readonly mayWriteForOthers: boolean;
}

export interface EventTools {
  /** Key of pseudonyms (deriveShopKeys). */
  readonly pseudonymKey: Buffer;
  /** Product id by sku from memory; what it does not know is looked up in the database. */
  findProductId(sku: string): number | undefined;
  /** The events are stored, the list of what was refused (recentRejections) lacks some. */
  onRejectionsLost?(error: unknown): void;
}

export interface RejectedEvent {
  /** Position in the caller's list. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface RecordedEvents {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly RejectedEvent[];
}

/** The account that an event names. */
interface Owner {
  readonly externalIdHash: Buffer;
  /** The hash in base64, as ensureAccounts names accounts. */
  readonly key: string;
}

interface OwnedEvent {
  readonly index: number;
  readonly event: ParsedEvent;
  /** Undefined: the sender's own person. */
  readonly owner: Owner | undefined;
}

interface EventRow {
  readonly event: ParsedEvent;
  readonly customerId: string;
  readonly productId: number;
}

/**
 * Records events, idempotent by (account, eventId): the same batch again is all duplicates. All valid events of a call
 * are stored in one transaction; invalid ones come back with their index and are kept as rejections, if that can be
 * done: the answer tells what is stored, whatever becomes of the list of rejections.
 * @throws AppError BAD_INPUT for more than 500 events
 */
export async function recordEvents(
  database: Pick<Database, 'pool'>,
  tools: EventTools,
  sender: EventSender,
  inputs: readonly EventInput[],
  now: Date,
): Promise<RecordedEvents> {
  if (inputs.length > MAX_EVENTS)
    throw new AppError('BAD_INPUT', `events: at most ${MAX_EVENTS} a call, this one has ${inputs.length}`, {
      path: 'events',
    });
  const rejected: RejectedEvent[] = [];
  const events: OwnedEvent[] = [];
  const owners = new Map<string, Owner>();
  for (const [index, input] of inputs.entries()) {
    try {
      const owner = findOwner(tools.pseudonymKey, sender, input.customerExternalId, owners);
      events.push({ index, event: parseEvent(input, now), owner });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  }
  const productIds = await findProductIds(database, tools, events);
  const known = events.filter(({ index, event }) => {
    if (productIds.has(event.sku)) return true;
    rejected.push({ index, code: 'NOT_FOUND', message: 'no product has this sku' });
    return false;
  });
  const accepted = await storeEvents(database, sender.person, known, productIds, now);
  rejected.sort((a, b) => a.index - b.index);
  try {
    await recordRejections(
      database,
      rejected.map(({ index, code, message }) => ({
        source: 'RECORD_EVENTS',
        code,
        message,
        sku: inputs[index]!.sku,
      })),
    );
  } catch (error) {
    tools.onRejectionsLost?.(error);
  }
  return { accepted, duplicates: known.length - accepted, rejected };
}

/** @param owners those that the batch named before, by external id: hashing takes longer than all else of an event */
function findOwner(
  pseudonymKey: Buffer,
  sender: EventSender,
  externalId: string | null | undefined,
  owners: Map<string, Owner>,
): Owner | undefined {
  if (externalId == null) {
    if (sender.person) return undefined;
    throw new AppError(
      'UNAUTHENTICATED',
      'whose event is it? Send a customer token, the X-Sotto-Visitor header, or customerExternalId with the secret key',
    );
  }
  if (externalId === '') throw new AppError('BAD_INPUT', 'customerExternalId is empty');
  if (!sender.mayWriteForOthers && externalId !== sender.externalId)
    throw new AppError('FORBIDDEN', 'customerExternalId of somebody else needs the secret key');
  let owner = owners.get(externalId);
  if (!owner) {
    const externalIdHash = pseudonymOf(pseudonymKey, 'customer', externalId);
    owner = { externalIdHash, key: externalIdHash.toString('base64') };
    owners.set(externalId, owner);
  }
  return owner;
}

async function findProductIds({ pool }: Pick<Database, 'pool'>, tools: EventTools, events: readonly OwnedEvent[]) {
  const ids = new Map<string, number>();
  const unknown = new Set<string>();
  for (const { event } of events) {
    const { sku } = event;
    const id = tools.findProductId(sku);
    // PostgreSQL refuses U+0000 in a text, so no product has it in its sku.
    if (id === undefined && !sku.includes('\0')) unknown.add(sku);
    else if (id !== undefined) ids.set(sku, id);
  }
  if (unknown.size === 0) return ids;
  const { rows } = await pool.query<{ id: number; sku: string }>('SELECT id, sku FROM product WHERE sku = ANY($1)', [
    [...unknown],
  ]);
  for (const { id, sku } of rows) ids.set(sku, id);
  return ids;
}

/** @returns how many were new */
async function storeEvents(
  database: Pick<Database, 'pool'>,
  person: Person | undefined,
  events: readonly OwnedEvent[],
  productIds: ReadonlyMap<string, number>,
  now: Date,
): Promise<number> {
  if (events.length === 0) return 0;
  const hashes = new Map<string, Buffer>();
  for (const { owner } of events) if (owner) hashes.set(owner.key, owner.externalIdHash);
  const needsSender = events.some(({ owner }) => !owner);
  const accounts = hashes.size > 0 ? await ensureAccounts(database.pool, [...hashes.values()], now) : new Map();
  const store = (client: Queryable, senderId: string | undefined) =>
    insertEvents(
      client,
      events.map(({ event, owner }) => ({
        event,
        productId: productIds.get(event.sku)!,
        customerId: owner ? accounts.get(owner.key)! : senderId!,
      })),
    );
  if (!needsSender || !person) return store(database.pool, undefined);
  if (person.kind === 'customer') return store(database.pool, await ensureCustomer(database.pool, person, now));
  return inTransaction(database, async (client) => store(client, await holdCustomer(client, person, now)));
}

/** One statement, so one transaction and one round trip. @returns how many were new */
async function insertEvents(client: Queryable, rows: readonly EventRow[]): Promise<number> {
  // One order for all: two batches that share events must not wait for each other in a circle.
  const sorted = [...rows].sort(compareRows);
  const impressions = sorted.filter(({ event }) => event.type === 'IMPRESSION');
  const interactions = sorted.filter(({ event }) => event.type !== 'IMPRESSION');
  const result = await client.query<{ inserted: number }>({
    name: 'insert-events',
    text: `WITH interactions AS (
        INSERT INTO interaction (customer_id, event_id, product_id, type, occurred_at, quantity, price, rating,
          channel, recommendation_id)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::event_type[], $5::timestamptz[], $6::int[],
          $7::numeric[], $8::real[], $9::channel[], $10::uuid[])
        ON CONFLICT DO NOTHING RETURNING 1
      ), impressions AS (
        INSERT INTO impression (customer_id, event_id, product_id, occurred_at, channel, recommendation_id)
        SELECT * FROM unnest($11::uuid[], $12::uuid[], $13::int[], $14::timestamptz[], $15::channel[], $16::uuid[])
        ON CONFLICT DO NOTHING RETURNING 1
      ) SELECT ((SELECT count(*) FROM interactions) + (SELECT count(*) FROM impressions))::int AS inserted`,
    values: [
      interactions.map((row) => row.customerId),
      interactions.map((row) => row.event.eventUuid),
      interactions.map((row) => row.productId),
      interactions.map((row) => row.event.type),
      interactions.map((row) => row.event.occurredAt),
      interactions.map((row) => row.event.quantity),
      interactions.map((row) => row.event.price),
      interactions.map((row) => row.event.rating),
      interactions.map((row) => row.event.channel),
      interactions.map((row) => row.event.recommendationId),
      impressions.map((row) => row.customerId),
      impressions.map((row) => row.event.eventUuid),
      impressions.map((row) => row.productId),
      impressions.map((row) => row.event.occurredAt),
      impressions.map((row) => row.event.channel),
      impressions.map((row) => row.event.recommendationId),
    ],
  });
  return result.rows[0]!.inserted;
}

function compareRows(a: EventRow, b: EventRow): number {
  if (a.event.eventUuid !== b.event.eventUuid) return a.event.eventUuid < b.event.eventUuid ? -1 : 1;
  if (a.customerId === b.customerId) return 0;
  return a.customerId < b.customerId ? -1 : 1;
}
