import { isDecimal } from '../decimal.ts';
import { type Rejection, reject } from './row.ts';

/** Older stamps are a missing clock (1970) or a wrong unit, not a sale. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);
/** How far the clock that wrote a file may be ahead. */
const MAX_SKEW_MS = 5 * 60_000;
const MAX_QUANTITY = 1_000_000;
const MAX_CUSTOMER_LENGTH = 200;
const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** A value, or why there is none. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: Rejection };

/**
 * Parses a date, or a date and time, of ISO 8601 (a space may stand for the T); without a zone it is UTC.
 * @param now milliseconds since 1970: what comes after it has not happened
 */
export function parseTime(column: string, text: string, now: number): Parsed<number> {
  const match = TIME.exec(text);
  if (!match) return { problem: reject('not a date and time (2026-01-31T12:00:00Z)', column, text) };
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const date = Date.UTC(+year!, +month! - 1, +day!);
  const isRealDay = new Date(date).getUTCDate() === +day! && +month! <= 12;
  if (!isRealDay || +hour > 23 || +minute > 59 || +second > 59)
    return { problem: reject('a date or time that does not exist', column, text) };
  const time = date + (+hour * 3_600 + +minute * 60 + +second) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  const value = time - parseZone(zone);
  if (value < EARLIEST_MS) return { problem: reject('a time before 1990', column, text) };
  if (value > now + MAX_SKEW_MS) return { problem: reject('a time in the future', column, text) };
  return { value };
}

/** @returns milliseconds ahead of UTC */
function parseZone(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Parses a whole number that is not 0; a return is negative. */
export function parseQuantity(column: string, text: string): Parsed<number> {
  const value = /^-?\d{1,9}(\.0+)?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (Number.isNaN(value)) return { problem: reject('a quantity that is not a whole number', column, text) };
  if (value === 0) return { problem: reject('a quantity of zero', column, text) };
  if (Math.abs(value) > MAX_QUANTITY) return { problem: reject('a quantity over a million', column, text) };
  return { value };
}

/** Parses a decimal of the contract, kept as a string. */
export function parsePrice(column: string, text: string): Parsed<string> {
  if (isDecimal(text)) return { value: text };
  const isNegative = text.startsWith('-') && isDecimal(text.slice(1));
  return { problem: reject(isNegative ? 'a negative price' : 'a price that is not a decimal', column, text) };
}

/** A customer's id as the shop writes it. It is not shown in a rejection. */
export function parseCustomer(column: string, text: string): Parsed<string> {
  if (text === '') return { problem: reject('no customer', column) };
  if (text.length > MAX_CUSTOMER_LENGTH || /\p{Cc}|\p{Surrogate}/u.test(text))
    return { problem: reject('a customer id that is too long or holds control characters', column) };
  return { value: text };
}
