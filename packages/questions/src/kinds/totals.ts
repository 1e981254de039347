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

/** COUNT: accounts with a matching row (one each), or interactions up to a bound an account. */
export function planCount(spec: Spec<'COUNT'>, terms: Terms): SumsPlan {
  return planTotal(countTotal(spec), spec.of, terms);
}

/** SUM: each account's total, cut off at its bound. */
export function planSum(spec: Spec<'SUM'>, terms: Terms): SumsPlan {
  return planTotal(sumTotal(spec), spec.measure, terms);
}

export function countTotal({ of, maximumPerAccount, filter }: Spec<'COUNT'>): KeyedSums<KeyedRow> {
  return total(of, maximumPerAccount, filter);
}

export function sumTotal({ measure, maximumPerAccount, filter }: Spec<'SUM'>): KeyedSums<KeyedRow> {
  return total(measure, maximumPerAccount, filter);
}

function total(measure: Measure, maximumPerAccount: number, filter: Filter): KeyedSums<KeyedRow> {
  const columns = `'${TOTAL_KEY}' AS key, ${MEASURE_SQL[measure]} AS value`;
  return {
    keys: [TOTAL_KEY],
    limits: { l0: 1, lInf: maximumPerAccount },
    query: { columns, filter, groupBy: 'key' },
    contribute: contributeKeyed,
  };
}

/** One number of bounded sensitivity: discrete Laplace is the better noise at any epsilon. */
function planTotal(sums: KeyedSums<KeyedRow>, measure: Measure, terms: Terms): SumsPlan {
  const noise = laplaceNoise(terms.epsilon, sums.limits);
  return planKeyedSums(sums, noise, describeSums(measure, noise));
}
