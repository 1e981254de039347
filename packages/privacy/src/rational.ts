import { PrivacyParameterError } from './parameter-error.ts';

/** An exact fraction in lowest terms with a positive denominator. Noise scales and budgets are these, never floats. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * What callers may write for an exact number: a fraction, a bigint, a whole number, or a text such as "0.5" or "3/4".
 * A fractional JavaScript number is refused: 0.1 is not one tenth, and the difference would sit in a budget.
 */
export type RationalInput = Rational | bigint | number | string;

// Longer texts are refused before any arithmetic: 400 digits of epsilon are an attack on the parser, not a wish.
const MAX_TEXT_LENGTH = 160;
const DECIMAL = /^(-?)(\d{1,39})(?:\.(\d{1,39}))?$/;
const FRACTION = /^(-?\d{1,78})\/(\d{1,78})$/;
/** Numerators and denominators stay below this, as those of any decimal above do: what was read once can be read again. */
const TOO_LONG = 10n ** 78n;

export function rational(numerator: bigint, denominator: bigint): Rational {
  if (denominator === 0n) throw new RangeError('A fraction needs a denominator other than zero.');
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, sign * denominator);
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

/** Parses an exact number. Throws PrivacyParameterError naming `parameter` when it is not one. */
export function parseRational(parameter: string, value: unknown): Rational {
  const parsed = readRational(parameter, value);
  const { numerator, denominator } = parsed;
  if (numerator >= TOO_LONG || numerator <= -TOO_LONG || denominator >= TOO_LONG) {
    throw new PrivacyParameterError(parameter, 'has too many digits');
  }
  return parsed;
}

function readRational(parameter: string, value: unknown): Rational {
  if (typeof value === 'bigint') return { numerator: value, denominator: 1n };
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new PrivacyParameterError(parameter, 'must be a whole number, or a decimal text such as "0.5"');
    }
    return { numerator: BigInt(value), denominator: 1n };
  }
  if (typeof value === 'string') return parseText(parameter, value);
  if (isRational(value)) {
    if (value.denominator <= 0n) throw new PrivacyParameterError(parameter, 'must have a positive denominator');
    return rational(value.numerator, value.denominator);
  }
  throw new PrivacyParameterError(parameter, 'is missing or is not an exact number');
}

function parseText(parameter: string, text: string): Rational {
  if (text.length > MAX_TEXT_LENGTH) throw new PrivacyParameterError(parameter, 'has too many digits');
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) {
    const fraction = decimal[3] ?? '';
    const magnitude = BigInt(`${decimal[2]}${fraction}`);
    return rational(decimal[1] === '-' ? -magnitude : magnitude, 10n ** BigInt(fraction.length));
  }
  const quotient = FRACTION.exec(text);
  if (quotient !== null && BigInt(quotient[2]!) !== 0n) return rational(BigInt(quotient[1]!), BigInt(quotient[2]!));
  throw new PrivacyParameterError(parameter, 'must be a decimal such as "0.5" or a fraction such as "1/2"');
}

function isRational(value: unknown): value is Rational {
  return (
    typeof value === 'object' &&
    value !== null &&
    'numerator' in value &&
    'denominator' in value &&
    typeof value.numerator === 'bigint' &&
    typeof value.denominator === 'bigint'
  );
}

/** The text of a fraction that `parseRational` reads back: "3/4", or "3" for a whole number. */
export function formatRational(value: Rational): string {
  return value.denominator === 1n ? `${value.numerator}` : `${value.numerator}/${value.denominator}`;
}

export function addRationals(left: Rational, right: Rational): Rational {
  return rational(
    left.numerator * right.denominator + right.numerator * left.denominator,
    left.denominator * right.denominator,
  );
}

export function multiplyRationals(left: Rational, right: Rational): Rational {
  return rational(left.numerator * right.numerator, left.denominator * right.denominator);
}

export function divideRationals(left: Rational, right: Rational): Rational {
  return rational(left.numerator * right.denominator, left.denominator * right.numerator);
}

/** Negative, zero or positive as `left` is below, equal to or above `right`. */
export function compareRationals(left: Rational, right: Rational): number {
  const difference = left.numerator * right.denominator - right.numerator * left.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The smallest integer at or above the fraction. */
export function ceilRational(value: Rational): bigint {
  const quotient = value.numerator / value.denominator;
  return value.numerator > quotient * value.denominator ? quotient + 1n : quotient;
}

/** The smallest multiple of `2^-bits` at or above the fraction: keeps noise scales short, on the side of more noise. */
export function roundUpToBits(value: Rational, bits: number): Rational {
  const unit = 1n << BigInt(bits);
  return rational(ceilRational({ numerator: value.numerator * unit, denominator: value.denominator }), unit);
}

/** The fraction that a finite double is, exactly (every double is a dyadic rational). */
export function rationalFromDouble(value: number): Rational {
  if (!Number.isFinite(value)) throw new RangeError('Only a finite number is a fraction.');
  let scaled = value;
  let halvings = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2; // exact: only the exponent changes
    halvings += 1n;
  }
  return rational(BigInt(scaled), 1n << halvings);
}

/** The nearest double, within one unit in the last place; for accounting and display, never for drawing noise. */
export function rationalToDouble(value: Rational): number {
  const magnitude = value.numerator < 0n ? -value.numerator : value.numerator;
  // 64 significant bits of quotient survive the integer division, so the conversion below rounds once more at most.
  const shift = bitLength(value.denominator) - bitLength(magnitude) + 64;
  const quotient =
    shift >= 0 ? (magnitude << BigInt(shift)) / value.denominator : magnitude / (value.denominator << BigInt(-shift));
  const double = shift > 1000 ? (Number(quotient) / 2 ** 1000) * 2 ** (1000 - shift) : Number(quotient) * 2 ** -shift;
  return value.numerator < 0n ? -double : double;
}

/** floor(sqrt(value)) for a non-negative integer, by Newton's iteration from above. */
export function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left, right];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
