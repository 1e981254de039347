import { createHash } from 'node:crypto';
import { LedgerError } from './errors.ts';

// A statistic names its items; anything longer is no question.
const MAX_TEXT_LENGTH = 2 ** 20;
const MAX_DEPTH = 32;

/**
 * JSON with the keys of every object in one order and nothing that a jsonb column would give back otherwise: equal
 * values are equal texts, before they are stored and after.
 * @throws LedgerError BAD_INPUT naming `parameter` for what is no JSON
 */
export function canonicalJson(parameter: string, value: unknown): string {
  const text = encode(parameter, value, 0);
  if (text.length > MAX_TEXT_LENGTH) throw new LedgerError('BAD_INPUT', `${parameter} is too long`, { parameter });
  return text;
}

function encode(parameter: string, value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new LedgerError('BAD_INPUT', `${parameter} is nested too deeply`, { parameter });
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new LedgerError('BAD_INPUT', `${parameter} holds a number that is not finite`, { parameter });
    return JSON.stringify(value);
  }
  if (typeof value === 'string') return encodeText(parameter, value);
  if (Array.isArray(value)) return `[${value.map((item) => encode(parameter, item, depth + 1)).join(',')}]`;
  if (typeof value !== 'object' || !isPlain(value))
    throw new LedgerError('BAD_INPUT', `${parameter} is not JSON`, { parameter });
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${encodeText(parameter, key)}:${encode(parameter, member, depth + 1)}`);
  return `{${members.join(',')}}`;
}

/** PostgreSQL keeps neither a zero character nor half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function encodeText(parameter: string, text: string): string {
  if (!isStorableText(text))
    throw new LedgerError('BAD_INPUT', `${parameter} holds a character that cannot be stored`, { parameter });
  return JSON.stringify(text);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
