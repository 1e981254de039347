/** What one model reached on a demo shop. */
export interface UtilityRow {
  readonly customers: number;
  readonly model: string;
  /** Of one release, alone at delta 1e-6; null: learned without noise, or from nothing. */
  readonly epsilon: number | null;
  /** NDCG@20 on the test part. */
  readonly ndcg: number;
}

/** Utility at one epsilon, as shares of what the best model without privacy reaches in the same shop. */
export interface UtilityAtEpsilon {
  readonly epsilon: number;
  /** One release of item factors (`private-ials`). */
  readonly personal: number;
  /** One release of the stored statistic (`private-ease`). */
  readonly statistic: number;
  readonly popularity: number;
}

export interface Advice {
  readonly content: number;
  readonly levels: readonly UtilityAtEpsilon[];
  /** Whether the shop lies within what was measured; else the nearest end is given. */
  readonly isWithin: boolean;
}

/** Products of the demo shop that was measured. */
const MEASURED_PRODUCTS = 1_000;
const WITHOUT_PRIVACY: ReadonlySet<string> = new Set(['ease', 'ials']);

/**
 * Interpolates the table in the logarithm of the customers. With other than 1,000 products the noise's edge grows as the root
 * of their number, and the signal as the customers': N customers of M products see about what N sqrt(1000 / M) of 1,000 do.
 */
export function adviseShop(rows: readonly UtilityRow[], customers: number, products: number): Advice {
  const sizes = [...new Set(rows.map((row) => row.customers))].sort((left, right) => left - right);
  const wanted = customers * Math.sqrt(MEASURED_PRODUCTS / products);
  const at = Math.min(sizes.at(-1)!, Math.max(sizes[0]!, wanted));
  const upper = Math.max(
    1,
    sizes.findIndex((size) => size >= at),
  );
  const [low, high] = [sizes[upper - 1]!, sizes[upper]!];
  const weight = Math.log(at / low) / Math.log(high / low);
  const share = (model: string, epsilon: number | null) => {
    const ends = [low, high].map((size) => shareOf(rows, size, model, epsilon));
    return ends[0]! * (1 - weight) + ends[1]! * weight;
  };
  const epsilons = [...new Set(rows.flatMap(({ epsilon }) => epsilon ?? []))].sort((left, right) => left - right);
  return {
    content: share('content', null),
    levels: epsilons.map((epsilon) => ({
      epsilon,
      personal: share('private-ials', epsilon),
      statistic: share('private-ease', epsilon),
      popularity: share('private-popularity', epsilon),
    })),
    isWithin: at === wanted,
  };
}

/** What a model reaches of the best one without privacy, in a shop that was measured. */
export function shareOf(rows: readonly UtilityRow[], customers: number, model: string, epsilon: number | null): number {
  const ofShop = rows.filter((row) => row.customers === customers);
  const best = Math.max(...ofShop.filter((row) => WITHOUT_PRIVACY.has(row.model)).map(({ ndcg }) => ndcg));
  const found = ofShop.find((row) => row.model === model && row.epsilon === epsilon);
  if (found === undefined) throw new RangeError(`The table has no ${model} at epsilon ${epsilon}.`);
  return found.ndcg / best;
}
