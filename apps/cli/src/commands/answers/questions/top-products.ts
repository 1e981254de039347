import type { AnalystQuestion } from '../analyst-question.ts';
import { measureKeyedTruths } from '../truth.ts';

/** More than anybody buys: what is chosen does not cost more for it, and of k chosen keys a customer is in at most k. */
const MAX_PRODUCTS = 10_000;

/** TOP_K: the products that most customers bought. */
export function askTopProducts({
  k,
  titles,
}: {
  readonly k: number;
  readonly titles: ReadonlyMap<string, string>;
}): AnalystQuestion {
  return {
    name: 'top-products',
    title: `Top ${k} products`,
    asks: `Which ${k} products did most customers buy, and how many bought each?`,
    kind: 'TOP_K',
    spec: {
      dimension: 'PRODUCT',
      k,
      measure: 'CUSTOMERS',
      bounds: { maxKeys: MAX_PRODUCTS },
      filter: { eventTypes: ['PURCHASE'] },
    },
    bounds: `a customer counts once in every product that they bought, in at most ${k} of the chosen ones`,
    bias: 'Nothing is left out: a customer is one, whatever they bought.',
    errorScale: 'value',
    heading: 'product',
    labelRow: ({ key }) => titles.get(key) ?? key,
    measureTruths: (pool) =>
      measureKeyedTruths(pool, {
        key: 'p.sku',
        value: '1',
        where: `i.type = 'PURCHASE'`,
        maxKeys: MAX_PRODUCTS,
        maxPerKey: 1,
      }),
    async describeQuality(_pool, { rows }, truths) {
      const best = [...truths].sort(([, a], [, b]) => b.exact - a.exact).slice(0, k);
      const least = best.at(-1)?.[1].exact ?? 0;
      const hits = rows.filter(({ key }) => (truths.get(key)?.exact ?? 0) >= least).length;
      return `${hits} of the ${k} are among the true ${k} (the last of which ${least} customers bought).`;
    },
  };
}
