import type { AnalystQuestion } from '../analyst-question.ts';
import type { FormatValue } from '../format.ts';
import { CONSENTING_ROWS, REVENUE, toTruths } from '../truth.ts';

/** QUANTILE: what nine of ten customers stay below, which is also how to find bounds for sums. */
export function askSpending({
  grid,
  money,
}: {
  /** In hundredths. */
  readonly grid: { readonly maximum: number; readonly step: number };
  readonly money: FormatValue;
}): AnalystQuestion {
  return {
    name: 'spending',
    title: 'Spending',
    asks: 'What do nine of ten customers spend at most in all?',
    kind: 'QUANTILE',
    spec: {
      per: 'CUSTOMER',
      measure: 'REVENUE',
      quantile: '0.9',
      bounds: { minPerKey: 0, maxPerKey: grid.maximum },
      step: grid.step,
    },
    bounds: `a grid from ${money(0)} to ${money(grid.maximum)} in steps of ${money(grid.step)}; a customer weighs one`,
    bias: 'The answer is a point of the grid, so up to a step below the exact quantile.',
    errorScale: 'rank',
    heading: '',
    labelRow: () => '90 % spend less than',
    async measureTruths(pool) {
      // In whole steps: the last grid point below which at most nine tenths lie.
      const { rows } = await pool.query<{ exact: number; bounded: number }>(
        `WITH spent AS (
           SELECT ${REVENUE} AS value FROM ${CONSENTING_ROWS} AND i.type = 'PURCHASE' GROUP BY i.customer_id
         )
         SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY value::float8) AS exact,
           (SELECT max(point) FROM generate_series(0, $1::numeric, $2::numeric) point
            WHERE (SELECT count(*) FROM spent WHERE value < point) <= 0.9 * (SELECT count(*) FROM spent))::float8 AS bounded
         FROM spent`,
        [grid.maximum, grid.step],
      );
      return toTruths([{ key: 'total', ...rows[0]! }]);
    },
  };
}
