import { z } from 'zod';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MIDNIGHT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.0{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const FIRST_YEAR = 2000;
const LAST_YEAR = 2199;
export const DAY_MS = 86_400_000;

/**
 * A whole UTC day, as YYYY-MM-DD. Any notation of its midnight UTC is the same day; another time of day is refused, since
 * filters go by whole days.
 */
export const daySchema = z
  .string()
  .max(40)
  .meta({
    description: 'A UTC day, or any notation of its midnight.',
    examples: ['2026-01-31', '2026-01-31T00:00:00Z'],
  })
  .transform((text, context) => {
    const time = DAY.test(text) || MIDNIGHT.test(text) ? Date.parse(text) : Number.NaN;
    const day = Number.isNaN(time) ? '' : formatDay(time);
    const year = Number(day.slice(0, 4));
    // Date.parse reads 2026-02-30 as March 2.
    const isDay = time % DAY_MS === 0 && year >= FIRST_YEAR && year <= LAST_YEAR && !(DAY.test(text) && day !== text);
    if (isDay) return day;
    context.addIssue({ code: 'custom', message: 'must be a UTC day such as 2026-01-31, or its midnight' });
    return z.NEVER;
  });

/** @param time milliseconds since 1970, a UTC midnight */
export function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function parseDay(day: string): number {
  return Date.parse(day);
}
