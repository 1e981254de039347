import { seedDemoShop } from '../../demo/seed.ts';
import type { AnsweredShop } from './datasets.ts';
import { createMoneyFormat } from './format.ts';
import { askCoPurchases } from './questions/co-purchases.ts';
import { askFunnel } from './questions/funnel.ts';
import { askRetention } from './questions/retention.ts';
import { askRevenueByMonth } from './questions/revenue-by-month.ts';
import { askSalesByCountry } from './questions/sales-by-country.ts';
import { askSegments } from './questions/segments.ts';
import { askSpending } from './questions/spending.ts';
import { askTopProducts } from './questions/top-products.ts';

/** Fixed, so that the same shop is asked whenever it is asked. */
const UNTIL = new Date('2026-01-01T00:00:00Z');
const CURRENCY = 'EUR';
const MARKETS = ['DE', 'FR', 'NL', 'AT', 'BE', 'ES', 'IT', 'IE', 'FI', 'PT'];
const money = createMoneyFormat(CURRENCY);
const EURO = 100;

/** The generated shop with a year of visits; an ordinary customer's month and year stay below the bounds. */
export function openDemoShop({ customers }: { readonly customers: number }): AnsweredShop {
  return {
    name: 'demo-shop',
    description: `The demo shop: a generated year of views, carts and purchases of ${customers.toLocaleString('en-GB')} customers, 2025; questions are about those who consent to ANALYTICS.`,
    currency: CURRENCY,
    assumedPopulation: customers,
    questions: [
      () => askSpending({ grid: { maximum: 3_000 * EURO, step: 25 * EURO }, money }),
      () =>
        askRevenueByMonth({
          since: '2025-01-01',
          until: '2026-01-01',
          monthCount: 12,
          maximumPerMonth: 400 * EURO,
          money,
        }),
      () => askSalesByCountry({ countries: MARKETS, maximumPerCustomer: 1_500 * EURO, money }),
      ({ titles }) => askTopProducts({ k: 20, titles }),
      ({ titles }) =>
        askCoPurchases({
          among: 'sports products',
          filter: { categories: ['Sport'] },
          maxPairs: 1,
          bias: 'Of the pairs of a customer one counts, drawn at random: pairs of people who buy much show too little. Intervals are about the drawn pairs, the bounded truth is the mean over all draws. A pair below the threshold does not show.',
          titles,
        }),
      () => askFunnel(['VIEW', 'CART', 'PURCHASE']),
      () => askRetention({ since: '2025-07-01', periods: 6 }),
      () => askSegments({ segmentCount: 5, features: ['frequency', 'spend', 'category'], money }),
    ],
    async load(database, keys, report) {
      await seedDemoShop(database, keys, {
        customers,
        products: 1_000,
        seed: 1,
        until: UNTIL,
        onProgress: (fraction) => report('customers', fraction),
      });
    },
  };
}
