import { keySql } from '../catalogue.ts';
import type { Terms } from '../noise/budget.ts';
import { chooseSumNoise } from '../noise/sum-noise.ts';
import type { Spec } from '../spec/canonical.ts';
import type { Filter } from '../spec/filter.ts';
import { intervalSql, listIntervals } from '../spec/intervals.ts';
import { MAX_KEYS, type Measure } from '../spec/schemas.ts';
import {
  contributeKeyed,
  describeSums,
  type KeyedRow,
  type KeyedSums,
  MEASURE_SQL,
  planKeyedSums,
  type SumsPlan,
} from './keyed-sums.ts';

/** HISTOGRAM: a measure by the keys of a public dimension, all of them. */
export function planHistogram(spec: Spec<'HISTOGRAM'>, terms: Terms, keys: readonly string[]): SumsPlan {
  return planBreakdown(histogramSums(spec, keys), spec.measure, terms);
}

export function histogramSums(spec: Spec<'HISTOGRAM'>, keys: readonly string[]): KeyedSums<KeyedRow> {
  return breakdown(spec, keySql(spec.dimension, spec.level), keys);
}

/** TIME_SERIES: a measure by hour, day, week or month of occurrence, all those of the asked range. */
export function planTimeSeries(spec: Spec<'TIME_SERIES'>, terms: Terms): SumsPlan {
  return planBreakdown(timeSeriesSums(spec), spec.measure, terms);
}

export function timeSeriesSums(spec: Spec<'TIME_SERIES'>): KeyedSums<KeyedRow> {
  const { since, until } = spec.filter as Required<Pick<Filter, 'since' | 'until'>>;
  const keys = listIntervals(spec.dimension, since, until, MAX_KEYS);
  return breakdown(spec, intervalSql(spec.dimension, 'i.occurred_at'), keys);
}

function breakdown(
  spec: { measure: Measure; bounds: { maxKeys: number; maxPerKey: number }; filter: Filter },
  key: string,
  keys: readonly string[],
): KeyedSums<KeyedRow> {
  const { maxKeys, maxPerKey } = spec.bounds;
  return {
    keys,
    // An account is in no more keys than there are.
    limits: { l0: Math.max(1, Math.min(maxKeys, keys.length)), lInf: maxPerKey },
    query: { columns: `${key} AS key, ${MEASURE_SQL[spec.measure]} AS value`, filter: spec.filter, groupBy: 'key' },
    contribute: contributeKeyed,
  };
}

function planBreakdown(sums: KeyedSums<KeyedRow>, measure: Measure, terms: Terms): SumsPlan {
  const noise = chooseSumNoise(terms, sums.limits);
  return planKeyedSums(sums, noise, describeSums(measure, noise));
}
