import { PrivacyParameterError } from './parameter-error.ts';
import { addRationals, compareRationals, parseRational, type Rational } from './rational.ts';

export { PrivacyParameterError };

const ZERO: Rational = { numerator: 0n, denominator: 1n };
const ONE: Rational = { numerator: 1n, denominator: 1n };
// Above this epsilon a release protects nobody, so a request for it is a mistake (a unit, a missing point).
const MAX_EPSILON: Rational = { numerator: 1000n, denominator: 1n };
/** Scales and bounds end here: everything stays far inside 64-bit integers and doubles. */
const MAX_MAGNITUDE: Rational = { numerator: 1n << 62n, denominator: 1n };
const MIN_MAGNITUDE: Rational = { numerator: 1n, denominator: 1n << 62n };

/** A strictly positive exact number between 2^-62 and 2^62. */
export function checkPositive(parameter: string, value: unknown): Rational {
  const parsed = parseRational(parameter, value);
  if (parsed.numerator <= 0n) throw new PrivacyParameterError(parameter, 'must be above zero');
  if (compareRationals(parsed, MAX_MAGNITUDE) > 0) throw new PrivacyParameterError(parameter, 'is too large');
  if (compareRationals(parsed, MIN_MAGNITUDE) < 0) throw new PrivacyParameterError(parameter, 'is too small');
  return parsed;
}

/** An exact epsilon above zero and at most 1000. */
export function checkEpsilon(parameter: string, value: unknown): Rational {
  const parsed = checkPositive(parameter, value);
  if (compareRationals(parsed, MAX_EPSILON) > 0) throw new PrivacyParameterError(parameter, 'must be at most 1000');
  return parsed;
}

/** An exact probability strictly between zero and one: a delta that is spent, or a sampling rate below one. */
export function checkOpenProbability(parameter: string, value: unknown): Rational {
  const parsed = parseRational(parameter, value);
  if (parsed.numerator <= 0n || compareRationals(parsed, ONE) >= 0) {
    throw new PrivacyParameterError(parameter, 'must lie strictly between 0 and 1');
  }
  return parsed;
}

/** An exact probability from zero to one, both included. */
export function checkProbability(parameter: string, value: unknown): Rational {
  const parsed = parseRational(parameter, value);
  if (compareRationals(parsed, ZERO) < 0 || compareRationals(parsed, ONE) > 0) {
    throw new PrivacyParameterError(parameter, 'must lie between 0 and 1');
  }
  return parsed;
}

/** A whole number within [minimum, maximum]. */
export function checkInteger(
  parameter: string,
  value: unknown,
  { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: { minimum?: number; maximum?: number } = {},
): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new PrivacyParameterError(parameter, 'is missing or is not a whole number');
  }
  if (value < minimum) throw new PrivacyParameterError(parameter, `must be at least ${minimum}`);
  if (value > maximum) throw new PrivacyParameterError(parameter, `must be at most ${maximum}`);
  return value;
}

/** A bound on how much or how often one account contributes: a whole number from 1 to `maximum`. */
export function checkBound(parameter: string, value: unknown, maximum: number = 2 ** 40): number {
  return checkInteger(parameter, value, { minimum: 1, maximum });
}

/** A finite double within limits, for accounting only (noise and budgets take exact numbers). */
export function checkFinite(
  parameter: string,
  value: unknown,
  {
    above = -Infinity,
    minimum = -Infinity,
    maximum = Infinity,
  }: { above?: number; minimum?: number; maximum?: number } = {},
): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new PrivacyParameterError(parameter, 'is missing or is not a finite number');
  }
  if (!(value > above)) throw new PrivacyParameterError(parameter, `must be above ${above}`);
  if (value < minimum) throw new PrivacyParameterError(parameter, `must be at least ${minimum}`);
  if (value > maximum) throw new PrivacyParameterError(parameter, `must be at most ${maximum}`);
  return value;
}

/** A delta of an accountant: from 0 to just below 1. */
export function checkDelta(parameter: string, value: unknown): number {
  const delta = checkFinite(parameter, value, { minimum: 0 });
  if (delta >= 1) throw new PrivacyParameterError(parameter, 'must be below 1');
  return delta;
}

/** Whole numbers only, each within [minimum, maximum]; returns the same array. */
export function checkIntegers<T extends ArrayLike<number>>(
  parameter: string,
  values: T,
  limits: { minimum?: number; maximum?: number } = {},
): T {
  if (values === undefined || values === null || typeof values.length !== 'number') {
    throw new PrivacyParameterError(parameter, 'is missing');
  }
  for (let index = 0; index < values.length; index++) checkInteger(parameter, values[index], limits);
  return values;
}

/** A list with no value twice: a repeated public key would be released twice for one charge. */
export function checkDistinct<T>(parameter: string, values: readonly T[]): readonly T[] {
  if (!Array.isArray(values)) throw new PrivacyParameterError(parameter, 'is missing or is not a list');
  if (new Set(values).size !== values.length) throw new PrivacyParameterError(parameter, 'must not repeat a value');
  return values;
}

/** Parts of a budget that must not exceed the whole. */
export function checkShares(parameter: string, shares: readonly Rational[], whole: Rational): void {
  if (compareRationals(shares.reduce(addRationals, ZERO), whole) > 0) {
    throw new PrivacyParameterError(parameter, 'adds up to more than the whole');
  }
}
