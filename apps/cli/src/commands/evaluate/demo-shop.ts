import { collectInteractions, type InteractionRow, logOf, splitByTime } from '@sotto/recommender/evaluation';
import { generateDemoShop } from '../../demo/index.ts';
import type { Dataset } from './dataset.ts';

const UNTIL = new Date('2026-01-01T00:00:00Z');
const HELD_OUT_DAYS = 30;

/** The size that yardsticks are given for. */
export const DEMO_CUSTOMERS = 20_000;

export interface DemoShopSize {
  readonly customers?: number | undefined;
  /** Of the generator: another seed is another shop. */
  readonly seed?: number | undefined;
}

/** The demo shop's customers who let their data train models, as the worker would see them. */
export function openDemoShop({ customers = DEMO_CUSTOMERS, seed = 1 }: DemoShopSize = {}): Dataset {
  const shop = generateDemoShop({ seed, customers, until: UNTIL });
  const { products } = shop;
  const log = logOf(collectInteractions(readRows(), products.length));
  return {
    name: 'demo-shop',
    cutoffs: [20],
    objective: 'ndcg@20',
    columns: ['recall@20', 'ndcg@20', 'coverage@20', 'novelty@20'],
    catalogue: {
      categories: products.map(({ input }) => input.categories ?? []),
      brands: products.map(({ input }) => input.brand ?? null),
      prices: products.map(({ price }) => price),
      titles: products.map(({ input }) => input.title),
    },
    split: (target) => splitByTime(log, { target, heldOutDays: HELD_OUT_DAYS }),
  };

  function* readRows(): Generator<InteractionRow> {
    let user = 0;
    for (const customer of shop.customers()) {
      if (!customer.purposes.includes('TRAINING')) continue;
      for (const { product, type, occurredAt } of customer.interactions) {
        yield { user, item: product.index, kind: type, time: Math.floor(occurredAt / 1_000) };
      }
      user++;
    }
  }
}
