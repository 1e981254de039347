import { AppError, isDecimal } from '@sotto/shop';

const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

/** @throws AppError BAD_INPUT */
export function parseDateTime(value: unknown): Date {
  if (typeof value === 'string' && DATE_TIME.test(value)) {
    const date = new Date(value);
    // Date moves the 31st of a shorter month into the next one.
    if (!Number.isNaN(date.getTime()) && isDayOfMonth(value)) return date;
  }
  throw new AppError('BAD_INPUT', 'a DateTime is RFC 3339 with a zone, such as 2026-01-31T12:00:00Z');
}

function isDayOfMonth(text: string): boolean {
  const day = Number(text.slice(8, 10));
  // Every month has 28 days: hardly any date needs the calendar.
  return day <= 28 || day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
}

/** @throws AppError BAD_INPUT */
export function parseDecimal(value: unknown): string {
  if (typeof value === 'string' && isDecimal(value)) return value;
  throw new AppError('BAD_INPUT', 'a Decimal is a string such as "19.99"');
}
