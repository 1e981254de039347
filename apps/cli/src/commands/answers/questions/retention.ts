import type { AnalystQuestion, Truth } from '../analyst-question.ts';
import { formatMonth } from '../format.ts';
import { CONSENTING_ROWS, MONTH, toTruths } from '../truth.ts';

/** RETENTION: who first bought in a month, and how many of them bought again in each later one. */
export function askRetention({
  since,
  periods,
}: {
  /** The first day of the first month. */
  readonly since: string;
  readonly periods: number;
}): AnalystQuestion {
  return {
    name: 'retention',
    title: 'Retention',
    asks: 'Of the customers who first bought in a month, how many bought in each later month?',
    kind: 'RETENTION',
    spec: { dimension: 'MONTH', periods, filter: { since, eventTypes: ['PURCHASE'] } },
    bounds: `a customer counts once in each of ${periods} months, all of one first month`,
    bias: 'Nothing is left out: a customer has one first month and is in each month once.',
    errorScale: 'value',
    heading: 'first month, months later',
    labelRow({ key }) {
      const [first = '', later = ''] = key.split('+');
      return later === '0' ? formatMonth(first) : `${formatMonth(first)} +${later}`;
    },
    async measureTruths(pool) {
      const { rows } = await pool.query<Truth & { key: string }>(
        `WITH active AS (
           SELECT DISTINCT i.customer_id, ${MONTH} AS month FROM ${CONSENTING_ROWS} AND i.type = 'PURCHASE'
         ), followed AS (
           SELECT month, min(month) OVER (PARTITION BY customer_id) AS first FROM active
         ), cell AS (
           SELECT first, (left(month, 4)::int - left(first, 4)::int) * 12
             + right(month, 2)::int - right(first, 2)::int AS later, count(*)::float8 AS accounts
           FROM followed WHERE first >= left($1, 7)
             AND month < to_char($1::date + make_interval(months => $2), 'YYYY-MM') GROUP BY 1, 2
         )
         SELECT first || '+' || later AS key, accounts AS exact, accounts AS bounded FROM cell`,
        [since, periods],
      );
      return toTruths(rows);
    },
  };
}
