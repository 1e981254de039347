import type { Transaction } from '@sotto/database';
import type { ReleaseAnswer } from '@sotto/ledger';
import { composeEvents, releaseCoPurchases } from '@sotto/privacy';
import type { Terms } from '../noise/budget.ts';
import { intervalOfShown } from '../noise/shown-interval.ts';
import { chooseSumNoise, halfWidthOf, type SumNoise } from '../noise/sum-noise.ts';
import type { Plan } from '../plan.ts';
import { type Population, readAccounts } from '../population.ts';
import type { Spec } from '../spec/canonical.ts';
import { describeRows, MEASURE_UNITS } from './keyed-sums.ts';

/** Probability that any pair of a single account shows: what the ledger lets one release have at most. */
export const PAIR_DELTA = '0.00000001';

/**
 * CO_PURCHASE: how many accounts have both products of a pair. There are too many pairs to release them all, so those
 * come from customers' rows and are shown past a noisy threshold only, at a delta of their own; an account is counted in
 * at most maxKeys random pairs of its own.
 */
export function planCoPurchases(spec: Spec<'CO_PURCHASE'>, terms: Terms): Plan {
  const noise = coPurchaseNoise(spec, terms);
  return {
    event: composeEvents(noise.event, { kind: 'ownDelta', delta: PAIR_DELTA }),
    mechanism: `${noise.mechanism}, pairs past ${thresholdOf(noise)} shown`,
    noiseScale: noise.deviation,
    expectedError: noise.halfWidth,
    async draw(tx, population) {
      return releasePairs(spec, noise, await readBaskets(tx, population, spec));
    },
  };
}

/** The products of each account that has at least two. */
export async function readBaskets(
  tx: Transaction,
  population: Population,
  { filter }: Spec<'CO_PURCHASE'>,
): Promise<(readonly string[])[]> {
  const baskets: (readonly string[])[] = [];
  const query = { columns: 'p.sku AS key', filter, groupBy: 'key' };
  for await (const rows of readAccounts<{ key: string }>(tx, population, query)) {
    if (rows.length > 1) baskets.push(rows.map(({ key }) => key));
  }
  return baskets;
}

export function coPurchaseNoise(spec: Spec<'CO_PURCHASE'>, terms: Terms): SumNoise {
  return chooseSumNoise(terms, { l0: spec.bounds.maxKeys, lInf: 1 }, Number(PAIR_DELTA));
}

export function releasePairs(
  spec: Spec<'CO_PURCHASE'>,
  noise: SumNoise,
  accounts: Iterable<readonly string[]>,
): ReleaseAnswer {
  const { pairs } = releaseCoPurchases({
    ...noise.budget,
    accounts,
    maxPairs: spec.bounds.maxKeys,
    delta: PAIR_DELTA,
  });
  const threshold = thresholdOf(noise);
  const rows = pairs
    .map(({ first, second, value }) => ({ key: JSON.stringify([first, second]), value }))
    .sort((a, b) => b.value - a.value || (a.key < b.key ? -1 : 1))
    .map(({ key, value }) => ({
      key,
      value,
      ...intervalOfShown({ value, threshold, tail: noise.tail }),
      isSuppressed: false,
    }));
  return { ...describeRows(MEASURE_UNITS.CUSTOMERS, rows), answer: { unit: MEASURE_UNITS.CUSTOMERS, threshold } };
}

/** As the mechanism's own: the smallest whole number that a single account's pair passes with at most PAIR_DELTA / l0. */
function thresholdOf({ tail, limits }: SumNoise): number {
  // The half width at odds 2 q is the smallest w with P(noise >= w + 1) <= q.
  return limits.lInf + halfWidthOf(tail, (2 * Number(PAIR_DELTA)) / limits.l0) + 1;
}
