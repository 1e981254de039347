import type { Terms } from '../noise/budget.ts';
import { laplaceNoise } from '../noise/sum-noise.ts';
import type { Spec } from '../spec/canonical.ts';
import type { Filter } from '../spec/filter.ts';
import type { Measure } from '../spec/schemas.ts';
import {
  contributeKeyed,
  describeSums,
  type KeyedRow,
  type KeyedSums,
  MEASURE_SQL,
  planKeyedSums,
  type SumsPlan,
} from './keyed-sums.ts';

/** The key of an answer that is one number. */
export const TOTAL_KEY = 'total';

/** COUNT: customers with a matching row (one each), or interactions up to a bound a customer. */
export function planCount(spec: Spec<'COUNT'>, terms: Terms): SumsPlan {
  return planTotal(countTotal(spec), spec.measure, terms);
}

/** SUM: each customer's total, cut off at its bound. */
export function planSum(spec: Spec<'SUM'>, terms: Terms): SumsPlan {
  return planTotal(sumTotal(spec), spec.measure, terms);
}

export function countTotal({ measure, bounds, filter }: Spec<'COUNT'>): KeyedSums<KeyedRow> {
  return total(measure, bounds.maxPerKey, filter);
}

export function sumTotal({ measure, bounds, filter }: Spec<'SUM'>): KeyedSums<KeyedRow> {
  return total(measure, bounds.maxPerKey, filter);
}

function total(measure: Measure, maxPerKey: number, filter: Filter): KeyedSums<KeyedRow> {
  const columns = `'${TOTAL_KEY}' AS key, ${MEASURE_SQL[measure]} AS value`;
  return {
    keys: [TOTAL_KEY],
    limits: { l0: 1, lInf: maxPerKey },
    query: { columns, filter, groupBy: 'key' },
    contribute: contributeKeyed,
  };
}

/** One number of bounded sensitivity: discrete Laplace is the better noise at any epsilon. */
function planTotal(sums: KeyedSums<KeyedRow>, measure: Measure, terms: Terms): SumsPlan {
  const noise = laplaceNoise(terms.epsilon, sums.limits);
  return planKeyedSums(sums, noise, describeSums(measure, noise));
}
