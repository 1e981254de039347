import type { Transaction } from '@sotto/database';
import type { Queryable } from './types.ts';

const DAY_MS = 86_400_000;

/** What the ledger knows of months: the operator's doings and the cohorts that are open, no customer's row. */
export interface Calendar {
  /** Open cohorts, ascending. */
  readonly opened: readonly string[];
  /** The earliest cohort that an account has. */
  readonly earliest: string | null;
  /** The finish of the last import before now. */
  readonly importedAt: Date | null;
  /** The newest entry's time. */
  readonly newestAt: Date | null;
  /** Whether any allowance is set. */
  readonly hasAllowances: boolean;
}

export interface ReleaseWindow {
  /** Rows received before this are in it. */
  readonly end: Date;
  /** All open cohorts up to the month of its end, ascending. */
  readonly cohorts: readonly string[];
}

const CALENDAR = `
  ARRAY(SELECT cohort::text FROM privacy_cohort ORDER BY cohort) AS opened,
  (SELECT min(cohort)::text FROM customer) AS earliest,
  (SELECT max(finished_at) FROM import_run WHERE finished_at < $1) AS "importedAt",
  (SELECT max(at) FROM ledger_entry) AS "newestAt",
  EXISTS (SELECT FROM allowance) AS "hasAllowances"`;

/** Any number that nothing else locks. */
const QUEUE_LOCK = 7_305_813;

export async function readCalendar(from: Queryable, now: Date): Promise<Calendar> {
  const { rows } = await from.query<Calendar>({
    name: 'read-ledger-calendar',
    text: `SELECT ${CALENDAR}`,
    values: [now.toISOString()],
  });
  return rows[0]!;
}

/**
 * The same, as of before the wait, for whoever is about to lock cohorts: waits in line for them until the transaction
 * before ends. Nothing depends on the line but speed: thirty who wait for the same rows would each follow all versions
 * that the others left.
 */
export async function readCalendarInLine(tx: Transaction, now: Date): Promise<Calendar> {
  const { rows } = await tx.query<Calendar>({
    name: 'read-ledger-calendar-in-line',
    text: `SELECT ${CALENDAR}, pg_advisory_xact_lock(${QUEUE_LOCK}) IS NULL AS "isFirst"`,
    values: [now.toISOString()],
  });
  return rows[0]!;
}

/**
 * The window that a question asked now is about. It is half-open, by the time of receiving, and ends with the later of
 * the last UTC midnight that is past and the finish of the last import: so everybody who asks today asks about the same.
 */
export async function resolveWindow(from: Queryable, now: Date): Promise<ReleaseWindow> {
  return windowOf(await readCalendar(from, now), now);
}

export function windowOf({ opened, importedAt }: Pick<Calendar, 'opened' | 'importedAt'>, now: Date): ReleaseWindow {
  const midnightMs = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  // The column keeps whole milliseconds, the import's last rows came within the one it names.
  const end = new Date(Math.max(midnightMs, importedAt ? importedAt.getTime() + 1 : 0));
  // A month that begins with the end has no row before it. A shop's very first month is asked about all the same.
  const lastMonth = monthOf(new Date(end.getTime() - 1));
  const cohorts = opened.filter((cohort) => cohort <= lastMonth);
  return { end, cohorts: cohorts.length > 0 ? cohorts : opened.slice(0, 1) };
}

/** The calendar month (UTC), as YYYY-MM. */
export function monthOf(date: Date): string {
  return date.toISOString().slice(0, 7);
}

/** Every month from one to another, both included. */
export function listMonths(first: string, last: string): string[] {
  const months: string[] = [];
  let [year = 0, month = 1] = first.split('-').map(Number);
  for (;;) {
    const name = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
    if (name > last) return months;
    months.push(name);
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  }
}
