import { hash } from 'node:crypto';
import { isUuid } from '@sotto/database';
import { isDecimal } from './decimal.ts';
import { AppError } from './errors.ts';

export const EVENT_TYPES = ['IMPRESSION', 'VIEW', 'CART', 'PURCHASE', 'RATING', 'LIKE', 'DISLIKE'] as const;
export type EventType = (typeof EVENT_TYPES)[number];
export const CHANNELS = ['WEB', 'APP', 'STORE', 'EMAIL', 'CALL_CENTER'] as const;
export type Channel = (typeof CHANNELS)[number];

/** An event as a storefront sends it (contract: EventInput). */
export interface EventInput {
  readonly eventId: string;
  readonly type: EventType;
  readonly sku: string;
  /** Now when left out. */
  readonly occurredAt?: Date | null | undefined;
  readonly customerExternalId?: string | null | undefined;
  readonly quantity?: number | null | undefined;
  /** Unit price, a decimal as a string. */
  readonly price?: string | null | undefined;
  readonly rating?: number | null | undefined;
  readonly channel?: Channel | null | undefined;
  readonly recommendationId?: string | null | undefined;
}

/** An event that holds: every field within its bounds. */
export interface ParsedEvent {
  /** First 128 bits of SHA-256 over the sender's eventId, as a uuid. */
  readonly eventUuid: string;
  readonly type: EventType;
  readonly sku: string;
  readonly occurredAt: string;
  readonly quantity: number | null;
  readonly price: string | null;
  readonly rating: number | null;
  readonly channel: Channel | null;
  readonly recommendationId: string | null;
}

const MAX_ID_LENGTH = 200;
/** Older stamps are a missing clock (1970) or a wrong unit, not a sale. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
/** How far a sender's clock may be ahead. */
const MAX_SKEW_MS = 5 * 60_000;
const MAX_QUANTITY = 10_000;
const MIN_RATING = 0.5;
const MAX_RATING = 5;

/**
 * Parses one event. Quantity, price and rating of an IMPRESSION are ignored: nothing was bought or rated.
 * @throws AppError BAD_INPUT that names the field
 */
export function parseEvent(input: EventInput, now: Date): ParsedEvent {
  const { eventId, type, sku, occurredAt, quantity, price, rating, channel, recommendationId } = input;
  requireLength('eventId', eventId);
  requireLength('sku', sku);
  if (occurredAt != null) requireTime(occurredAt, now);
  if (quantity != null && !(Number.isInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY))
    throw badField('quantity', `must be a whole number from 1 to ${MAX_QUANTITY}`);
  if (price != null && !isDecimal(price)) throw badField('price', 'must be a decimal such as "19.99"');
  if (rating != null && !(rating >= MIN_RATING && rating <= MAX_RATING))
    throw badField('rating', `must be a number from ${MIN_RATING} to ${MAX_RATING}`);
  if (type === 'RATING' && rating == null) throw badField('rating', 'is required for a RATING event');
  if (recommendationId != null && !isUuid(recommendationId))
    throw badField('recommendationId', 'must be the recommendationId of an answer');
  return {
    eventUuid: eventUuidOf(eventId),
    type,
    sku,
    occurredAt: (occurredAt ?? now).toISOString(),
    quantity: quantity ?? null,
    price: price ?? null,
    rating: rating ?? null,
    channel: channel ?? null,
    recommendationId: recommendationId ?? null,
  };
}

/** Any string as a key of fixed size: a sender's own id may be of any form. */
function eventUuidOf(eventId: string): string {
  const hex = hash('sha256', eventId, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function requireLength(field: string, value: string) {
  if (value.length < 1 || value.length > MAX_ID_LENGTH)
    throw badField(field, `must have 1 to ${MAX_ID_LENGTH} characters`);
}

function requireTime(occurredAt: Date, now: Date) {
  const time = occurredAt.getTime();
  if (time < EARLIEST_MS) throw badField('occurredAt', 'lies before 2000-01-01');
  if (time > now.getTime() + MAX_SKEW_MS) throw badField('occurredAt', 'lies more than 5 minutes in the future');
}

function badField(field: string, message: string): AppError {
  return new AppError('BAD_INPUT', `${field} ${message}`);
}
