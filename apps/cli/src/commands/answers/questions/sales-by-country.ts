import type { AnalystQuestion } from '../analyst-question.ts';
import { type FormatValue, formatCountry } from '../format.ts';
import { measureKeyedTruths, REVENUE } from '../truth.ts';

/** HISTOGRAM: over the countries that the shop sends to, which it knows without looking at sales. */
export function askSalesByCountry({
  countries,
  maximumPerCustomer,
  money,
}: {
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** In hundredths. */
  readonly maximumPerCustomer: number;
  readonly money: FormatValue;
}): AnalystQuestion {
  const bounds = { maxKeys: 1, maxPerKey: maximumPerCustomer };
  return {
    name: 'sales-by-country',
    title: 'Sales by country',
    asks: `How much was sold into each of the ${countries.length} countries that the shop sends to?`,
    kind: 'HISTOGRAM',
    spec: { dimension: 'COUNTRY', measure: 'REVENUE', bounds, filter: { countries } },
    bounds: `a customer counts in one country, with at most ${money(maximumPerCustomer)}`,
    bias: `Of a customer who spent more than ${money(maximumPerCustomer)}, the rest is left out: a country with a few large buyers nearly disappears, as it must.`,
    errorScale: 'value',
    heading: 'country',
    labelRow: ({ key }) => formatCountry(key),
    measureTruths: (pool) =>
      measureKeyedTruths(pool, {
        key: 'i.country',
        value: REVENUE,
        where: `i.type = 'PURCHASE' AND i.country IN (${countries.map((code) => `'${code}'`).join(', ')})`,
        ...bounds,
      }),
  };
}
