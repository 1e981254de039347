import type { AnalystQuestion } from '../analyst-question.ts';
import { type FormatValue, formatMonth } from '../format.ts';
import { MONTH, measureKeyedTruths, REVENUE } from '../truth.ts';

/** TIME_SERIES: an account may be in every month of the range, so no month is left to chance. */
export function askRevenueByMonth({
  since,
  until,
  monthCount,
  maximumPerMonth,
  money,
}: {
  readonly since: string;
  readonly until: string;
  readonly monthCount: number;
  /** In hundredths. */
  readonly maximumPerMonth: number;
  readonly money: FormatValue;
}): AnalystQuestion {
  const bounds = { maxKeys: monthCount, maxPerKey: maximumPerMonth };
  return {
    name: 'revenue-by-month',
    title: 'Revenue by month',
    asks: 'How much was sold in each month?',
    kind: 'TIME_SERIES',
    spec: { dimension: 'MONTH', measure: 'REVENUE', bounds, filter: { since, until } },
    bounds: `a customer counts in all ${monthCount} months, with at most ${money(maximumPerMonth)} in each`,
    bias: `What a customer spends beyond ${money(maximumPerMonth)} a month is left out, so months with large orders show too little.`,
    errorScale: 'value',
    heading: 'month',
    labelRow: ({ key }) => formatMonth(key),
    measureTruths: (pool) =>
      measureKeyedTruths(pool, {
        key: MONTH,
        value: REVENUE,
        where: `i.type = 'PURCHASE' AND i.occurred_at >= '${since}' AND i.occurred_at < '${until}'`,
        ...bounds,
      }),
  };
}
