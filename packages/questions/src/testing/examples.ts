import type { QuestionKind } from '../question-kinds.ts';

/** One spec of each kind, as the README shows them. */
export const SPEC_EXAMPLES: Readonly<Record<QuestionKind, Readonly<Record<string, unknown>>>> = {
  COUNT: { of: 'ACCOUNTS', filter: { eventTypes: ['PURCHASE'], countries: ['DE'] } },
  SUM: { measure: 'REVENUE', maximumPerAccount: 20_000 },
  MEAN: { per: 'INTERACTION', measure: 'RATING', minimum: 50, maximum: 500, maxInteractionsPerAccount: 2 },
  QUANTILE: {
    per: 'ACCOUNT',
    measure: 'REVENUE',
    quantile: '0.5',
    grid: { minimum: 0, maximum: 20_000, step: 100 },
  },
  HISTOGRAM: { by: 'COUNTRY', measure: 'REVENUE', maxKeysPerAccount: 1, maximumPerKey: 20_000 },
  TIME_SERIES: {
    interval: 'MONTH',
    measure: 'REVENUE',
    maxKeysPerAccount: 3,
    maximumPerKey: 10_000,
    filter: { since: '2026-01-01', until: '2026-04-01' },
  },
  TOP_K: { of: 'SKU', k: 5, measure: 'ACCOUNTS', maxKeysPerAccount: 10, filter: { eventTypes: ['PURCHASE'] } },
  CO_PURCHASE: { maxPairsPerAccount: 3 },
  FUNNEL: { steps: ['VIEW', 'CART', 'PURCHASE'] },
  RETENTION: { start: '2026-01-01', interval: 'MONTH', periods: 3 },
  SEGMENTS: { segmentCount: 3, features: ['recency', 'spend', 'category'] },
};
