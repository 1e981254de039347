import { LedgerError } from './errors.ts';

/** Decimals of epsilon and delta are kept in units of 10^-12, as the tables keep them. */
const PLACES = 12;
const ONE = 10n ** BigInt(PLACES);
const DECIMAL = /^(\d{1,9})(?:\.(\d{1,12}))?$/;

/**
 * @returns the number in units of 10^-12
 * @throws LedgerError BAD_INPUT naming `parameter`
 */
export function parseDecimal(parameter: string, text: unknown): bigint {
  const match = typeof text === 'string' ? DECIMAL.exec(text) : null;
  if (!match)
    throw new LedgerError('BAD_INPUT', `${parameter} must be a decimal text with at most 12 places, as "0.5"`, {
      parameter,
    });
  return BigInt(match[1]!) * ONE + BigInt((match[2] ?? '').padEnd(PLACES, '0'));
}

/** The shortest text of a number in units of 10^-12. */
export function formatDecimal(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const magnitude = units < 0n ? -units : units;
  const fraction = (magnitude % ONE).toString().padStart(PLACES, '0').replace(/0+$/, '');
  return `${sign}${magnitude / ONE}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The smallest number in units of 10^-12 at or above a double that is not negative. */
export function ceilToDecimal(value: number): bigint {
  // Both steps round up: to 2^-40 (scaling by a power of two is exact), then to 10^-12.
  return ceilDivide(BigInt(Math.ceil(value * 2 ** 40)) * ONE, 1n << 40n);
}

/** part / whole in units of 10^-12, rounded up. */
export function ceilShare(part: bigint, whole: bigint): bigint {
  return ceilDivide(part * ONE, whole);
}

function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
