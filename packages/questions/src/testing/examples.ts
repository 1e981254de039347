import type { QuestionKind } from '../question-kinds.ts';

/** One spec of each kind, as the README shows them. */
export const SPEC_EXAMPLES: Readonly<Record<QuestionKind, Readonly<Record<string, unknown>>>> = {
  COUNT: { measure: 'CUSTOMERS', filter: { eventTypes: ['PURCHASE'], countries: ['DE'] } },
  SUM: { measure: 'REVENUE', bounds: { maxPerKey: 20_000 } },
  MEAN: { per: 'INTERACTION', measure: 'RATING', bounds: { maxKeys: 2, minPerKey: 50, maxPerKey: 500 } },
  QUANTILE: { measure: 'REVENUE', quantile: '0.5', bounds: { maxPerKey: 20_000 }, step: 100 },
  HISTOGRAM: { dimension: 'COUNTRY', measure: 'REVENUE', bounds: { maxKeys: 1, maxPerKey: 20_000 } },
  TIME_SERIES: {
    dimension: 'MONTH',
    measure: 'REVENUE',
    bounds: { maxKeys: 3, maxPerKey: 10_000 },
    filter: { since: '2026-01-01', until: '2026-04-01' },
  },
  TOP_K: {
    dimension: 'PRODUCT',
    k: 5,
    measure: 'CUSTOMERS',
    bounds: { maxKeys: 10 },
    filter: { eventTypes: ['PURCHASE'] },
  },
  CO_PURCHASE: { bounds: { maxKeys: 3 } },
  FUNNEL: { steps: ['VIEW', 'CART', 'PURCHASE'] },
  RETENTION: { dimension: 'MONTH', periods: 3, filter: { since: '2026-01-01' } },
  SEGMENTS: { segmentCount: 3, features: ['recency', 'spend', 'category'] },
};
