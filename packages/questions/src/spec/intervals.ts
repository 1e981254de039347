import { DAY_MS, formatDay, parseDay } from './day.ts';
import type { TimeDimension } from './schemas.ts';

const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday: weeks begin on Mondays. */
const MONDAY_OFFSET_DAYS = 3;

/** The first UTC day of the week or month that a day is in; of an hour or a day the day itself. */
export function startOfInterval(dimension: TimeDimension, day: string): string {
  if (dimension === 'MONTH') return `${day.slice(0, 7)}-01`;
  if (dimension !== 'WEEK') return day;
  const days = parseDay(day) / DAY_MS;
  return formatDay((days - ((days + MONDAY_OFFSET_DAYS) % 7)) * DAY_MS);
}

/** The key under which an interval is released: 2026-01-31T13, 2026-01-31, the Monday of a week, 2026-01. */
export function formatInterval(dimension: TimeDimension, time: number): string {
  const text = new Date(time).toISOString();
  if (dimension === 'MONTH') return text.slice(0, 7);
  return dimension === 'HOUR' ? text.slice(0, 13) : text.slice(0, 10);
}

/** As SQL: the key of formatInterval, of a column of type timestamptz. */
export function intervalSql(dimension: TimeDimension, column: string): string {
  const format = { HOUR: 'YYYY-MM-DD"T"HH24', DAY: 'YYYY-MM-DD', WEEK: 'YYYY-MM-DD', MONTH: 'YYYY-MM' }[dimension];
  return `to_char(date_trunc('${dimension.toLowerCase()}', ${column} AT TIME ZONE 'UTC'), '${format}')`;
}

/** The keys of all intervals that share a day with [since, until), in order; no more than `limit`. */
export function listIntervals(dimension: TimeDimension, since: string, until: string, limit: number): string[] {
  const end = parseDay(until);
  const keys: string[] = [];
  let time = parseDay(startOfInterval(dimension, since));
  while (time < end && keys.length < limit) {
    keys.push(formatInterval(dimension, time));
    time = nextInterval(dimension, time);
  }
  return keys;
}

/** The first days of `count` weeks or months in a row. */
export function listPeriods(dimension: 'WEEK' | 'MONTH', start: string, count: number): string[] {
  const days: string[] = [];
  for (let time = parseDay(start); days.length < count; time = nextInterval(dimension, time))
    days.push(formatDay(time));
  return days;
}

export function nextInterval(dimension: TimeDimension, time: number): number {
  if (dimension === 'HOUR') return time + HOUR_MS;
  if (dimension === 'DAY') return time + DAY_MS;
  if (dimension === 'WEEK') return time + 7 * DAY_MS;
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
