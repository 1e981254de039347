import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { importShop, onlineRetail } from '@sotto/shop';
import type { QuestionContext } from './analyst-question.ts';
import type { AnsweredShop } from './datasets.ts';
import { createMoneyFormat } from './format.ts';
import { askCoPurchases } from './questions/co-purchases.ts';
import { askRepeatFunnel } from './questions/funnel.ts';
import { askRetention } from './questions/retention.ts';
import { askRevenueByMonth } from './questions/revenue-by-month.ts';
import { askSalesByCountry } from './questions/sales-by-country.ts';
import { askSegments } from './questions/segments.ts';
import { askSpending } from './questions/spending.ts';
import { askTopProducts } from './questions/top-products.ts';

const CURRENCY = 'GBP';
const money = createMoneyFormat(CURRENCY);
const POUND = 100;
const MARKETS = [
  ...['GB', 'IE', 'FR', 'DE', 'NL', 'BE', 'ES', 'PT', 'IT', 'CH', 'AT', 'DK', 'NO', 'SE', 'FI'],
  ...['AU', 'JP', 'US'],
];
/** So few products have at most fifteen pairs, so that all pairs of a customer can count. */
const PAIRED_PRODUCTS = 6;

/**
 * UCI Online Retail: a year of a British wholesaler of gifts. Bounds are round sums that an ordinary reseller stays
 * below; its largest buyers spend a hundred times as much, and are who the bounds hide.
 * @param path the file, plain or gz, or the folder with online-retail.csv.gz
 */
export function openOnlineRetail(path: string): AnsweredShop {
  return {
    name: 'online-retail',
    description:
      'UCI Online Retail: purchases from a British wholesaler of gifts, 1 December 2010 to 9 December 2011, returns netted.',
    currency: CURRENCY,
    assumedPopulation: 4_000,
    questions: [
      () => askSpending({ grid: { maximum: 10_000 * POUND, step: 100 * POUND }, money }),
      () =>
        askRevenueByMonth({
          since: '2010-12-01',
          until: '2012-01-01',
          monthCount: 13,
          maximumPerMonth: 1_500 * POUND,
          money,
        }),
      () => askSalesByCountry({ countries: MARKETS, maximumPerCustomer: 5_000 * POUND, money }),
      ({ titles }) => askTopProducts({ k: 20, titles }),
      askPairsOfTopProducts,
      () => askRepeatFunnel(5),
      () => askRetention({ since: '2010-12-01', periods: 6 }),
      () => askSegments({ segmentCount: 3, features: ['frequency', 'spend'], money }),
    ],
    async load(database, keys, report) {
      const isFolder = await stat(path).then(
        (info) => info.isDirectory(),
        // Opening it says better what is wrong.
        () => false,
      );
      await importShop(database, keys, {
        format: onlineRetail,
        path: isFolder ? join(path, 'online-retail.csv.gz') : path,
        onProgress: ({ fraction }) => report('rows', fraction),
      });
    },
  };
}

function askPairsOfTopProducts({ titles, releases }: QuestionContext) {
  const best = releases.get('top-products')?.rows.slice(0, PAIRED_PRODUCTS) ?? [];
  return askCoPurchases({
    among: `the ${PAIRED_PRODUCTS} products that the answer above puts first`,
    filter: { skus: best.map(({ key }) => key) },
    maxPairs: (PAIRED_PRODUCTS * (PAIRED_PRODUCTS - 1)) / 2,
    bias: `Nothing is left out: ${PAIRED_PRODUCTS} products have no more pairs than count. A pair below the threshold does not show.`,
    titles,
  });
}
