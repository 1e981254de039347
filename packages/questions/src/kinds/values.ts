import { type RowQuery, wholeSql } from '../population.ts';
import type { Filter } from '../spec/filter.ts';
import { MEASURE_SQL } from './keyed-sums.ts';

/** One value of an account: its own total, or that of one interaction. */
export interface ValueRow {
  /** A whole number, not negative. */
  readonly value: number;
}

const INTERACTION_VALUE_SQL = {
  QUANTITY: wholeSql('coalesce(i.quantity, 1)'),
  REVENUE: wholeSql('round(100 * coalesce(i.price, 0) * coalesce(i.quantity, 1))'),
  RATING: wholeSql('round(100 * coalesce(i.rating, 0))'),
} as const;

/** The values that a mean or a quantile is of: one an account that has a matching row, or one a matching interaction. */
export function valueQuery({
  per,
  measure,
  filter,
}: {
  per: 'CUSTOMER' | 'INTERACTION';
  measure: 'INTERACTIONS' | keyof typeof INTERACTION_VALUE_SQL;
  filter: Filter;
}): RowQuery {
  if (per === 'INTERACTION' && measure !== 'INTERACTIONS')
    return { columns: `${INTERACTION_VALUE_SQL[measure]} AS value`, filter };
  if (measure === 'RATING') throw new Error('ratings have no total');
  return { columns: `'total' AS key, ${MEASURE_SQL[measure]} AS value`, filter, groupBy: 'key' };
}
