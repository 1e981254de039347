import type { AnalystQuestion, Truth } from '../analyst-question.ts';
import { CONSENTING_ROWS, toTruths } from '../truth.ts';

/** CO_PURCHASE: pairs among some products, which are named by the catalogue or by an earlier answer. */
export function askCoPurchases({
  among,
  filter,
  maxPairs,
  bias,
  titles,
}: {
  /** In words. */
  readonly among: string;
  readonly filter: { readonly skus: readonly string[] } | { readonly categories: readonly string[] };
  /** Of one customer. */
  readonly maxPairs: number;
  readonly bias: string;
  readonly titles: ReadonlyMap<string, string>;
}): AnalystQuestion {
  const pairs = maxPairs === 1 ? 'one of their pairs' : `at most ${maxPairs} of their pairs`;
  return {
    name: 'co-purchases',
    title: 'Bought together',
    asks: `Which pairs of ${among} did the same customers buy?`,
    kind: 'CO_PURCHASE',
    spec: { bounds: { maxKeys: maxPairs }, filter },
    bounds: `a customer counts in ${pairs}; a pair shows past a noisy threshold`,
    bias,
    errorScale: 'value',
    heading: 'pair',
    labelRow: ({ key }) =>
      readPair(key)
        .map((sku) => titles.get(sku) ?? sku)
        .join(' + '),
    async measureTruths(pool) {
      const [condition, names] =
        'skus' in filter ? ['p.sku = ANY ($1)', filter.skus] : ['p.categories && $1::text[]', filter.categories];
      const { rows } = await pool.query<Truth & { first: string; second: string }>(
        `WITH basket AS (
           SELECT DISTINCT i.customer_id, p.sku COLLATE "C" AS sku FROM ${CONSENTING_ROWS}
             AND i.type = 'PURCHASE' AND ${condition}
         ), pair AS (
           SELECT a.sku AS first, b.sku AS second, count(*) OVER (PARTITION BY a.customer_id) AS own
           FROM basket a JOIN basket b ON b.customer_id = a.customer_id AND a.sku < b.sku
         )
         SELECT first, second, count(*)::float8 AS exact, sum(least(1, $2::float8 / own))::float8 AS bounded
         FROM pair GROUP BY 1, 2`,
        [names, maxPairs],
      );
      return toTruths(rows.map(({ first, second, ...truth }) => ({ key: JSON.stringify([first, second]), ...truth })));
    },
    async describeQuality(_pool, { answer, rows }, truths) {
      const threshold = Number(answer['threshold']);
      const above = [...truths.values()].filter(({ bounded }) => bounded >= threshold).length;
      return `${rows.length} pairs passed the threshold of ${threshold}; without noise ${above} of ${truths.size} would.`;
    },
  };
}

function readPair(key: string): readonly string[] {
  return JSON.parse(key) as string[];
}
