import type { Terms } from '../noise/budget.ts';
import { chooseSumNoise } from '../noise/sum-noise.ts';
import type { Spec } from '../spec/canonical.ts';
import { parseDay } from '../spec/day.ts';
import { intervalSql, listPeriods, nextInterval } from '../spec/intervals.ts';
import { describeSums, type KeyedRow, type KeyedSums, planKeyedSums, type SumsPlan } from './keyed-sums.ts';

/**
 * RETENTION: of the accounts whose first matching interaction fell into a period, how many were there in that period and in
 * each later one. An account has one first period and is in at most one cell a period after it, so in at most `periods`.
 */
export function planRetention(spec: Spec<'RETENTION'>, terms: Terms): SumsPlan {
  const sums = retentionSums(spec);
  const noise = chooseSumNoise(terms, sums.limits);
  return planKeyedSums(sums, noise, describeSums('CUSTOMERS', noise));
}

export function retentionSums({ dimension, periods, filter }: Spec<'RETENTION'>): KeyedSums<KeyedRow> {
  const starts = listPeriods(dimension, filter.since, periods);
  const names = starts.map((day) => (dimension === 'MONTH' ? day.slice(0, 7) : day));
  const indexOf = new Map(names.map((name, index) => [name, index]));
  // Since says where the grid begins, not what is read: who came before is in no cell of it.
  const { since: _, ...rest } = filter;
  const until = new Date(nextInterval(dimension, parseDay(starts.at(-1)!))).toISOString().slice(0, 10);
  return {
    keys: names.flatMap((_, first) => names.slice(first).map((_, offset) => cellKey(names[first]!, offset))),
    limits: { l0: periods, lInf: 1 },
    query: {
      columns: `${intervalSql(dimension, 'i.occurred_at')} AS key, 1::float8 AS value`,
      filter: { ...rest, until },
      groupBy: 'key',
      orderBy: 'key',
    },
    contribute(rows) {
      const first = indexOf.get(rows[0]?.key ?? '');
      if (first === undefined) return [];
      return rows.map(({ key }) => ({ key: cellKey(names[first]!, indexOf.get(key!)! - first), value: 1 }));
    },
  };
}

/** "2026-01+2": first there in January, there again two periods later. */
function cellKey(first: string, offset: number): string {
  return `${first}+${offset}`;
}
