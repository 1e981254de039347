import type { Transaction } from '@sotto/database';
import type { ReleaseAnswer } from '@sotto/ledger';
import { addNoiseTo, parseRational } from '@sotto/privacy';
import { CONFIDENCE, type Terms } from '../noise/budget.ts';
import { chooseSumNoise, halfWidthOf, type SumNoise } from '../noise/sum-noise.ts';
import type { Plan } from '../plan.ts';
import { type Population, readAccounts } from '../population.ts';
import type { Spec } from '../spec/canonical.ts';
import { describeRows, MEASURE_UNITS } from './keyed-sums.ts';
import { TOTAL_KEY } from './totals.ts';
import { type ValueRow, valueQuery } from './values.ts';

/**
 * The total weight of one account, in whole units. Smaller than that of @sotto/privacy's quantile: times a thousandth's
 * denominator and the root of the probes it must stay within what noise can be drawn for.
 */
export const ACCOUNT_WEIGHT = 2 ** 12;

/** The weight of the accounts at each grid point, whole numbers: an account has 2^12 at most, shared by its values. */
export type GridWeights = Float64Array;

export interface QuantileNoise {
  /** Of one probe. */
  readonly probe: SumNoise;
  readonly probeCount: number;
  /** No probe's noise is beyond it, with probability CONFIDENCE. */
  readonly halfWidth: number;
  /** The quantile a / b. */
  readonly share: { readonly a: number; readonly b: number };
}

/**
 * QUANTILE: the grid point below which a share a / b of the weight lies. A noisy search: each probe asks for
 * b below(g) - a total at one grid point g, which one account of weight w <= 2^12 moves by at most max(a, b - a) 2^12. Three
 * searches by halving are paid beforehand: for the sign's change, which is the answer, and for the points at which a
 * probe first stands out of the noise below and above it, which are the interval. Unlike a choice by the exponential
 * mechanism, it does not stray over the empty stretch beside a value that many accounts share, and it comes with an
 * interval.
 */
export function planQuantile(spec: Spec<'QUANTILE'>, terms: Terms): Plan {
  const noise = quantileNoise(spec, terms);
  return {
    event: noise.probe.event,
    mechanism: `${noise.probe.mechanism}, a search of ${noise.probeCount} probes`,
    noiseScale: noise.probe.deviation / (noise.share.b * ACCOUNT_WEIGHT),
    expectedError: expectedRankError(noise, terms.assumedPopulation),
    async draw(tx, population) {
      return releaseQuantileSearch(spec, noise, await readWeights(tx, population, spec));
    },
  };
}

export async function readWeights(
  tx: Transaction,
  population: Population,
  spec: Spec<'QUANTILE'>,
): Promise<GridWeights> {
  const weights = new Float64Array(gridOf(spec).length);
  for await (const rows of readAccounts<ValueRow>(tx, population, valueQuery(spec)))
    for (const [point, weight] of boundWeights(spec, rows)) weights[point]! += weight;
  return weights;
}

/** What one account adds: its values at the last grid points at or below them, 2^12 in all or a little less. */
export function boundWeights({ bounds, step }: Spec<'QUANTILE'>, rows: readonly ValueRow[]): Map<number, number> {
  const weights = new Map<number, number>();
  const each = Math.floor(ACCOUNT_WEIGHT / rows.length);
  if (each === 0) return weights;
  const last = (bounds.maxPerKey - bounds.minPerKey) / step;
  for (const { value } of rows) {
    const point = Math.max(0, Math.min(last, Math.floor((value - bounds.minPerKey) / step)));
    weights.set(point, (weights.get(point) ?? 0) + each);
  }
  return weights;
}

export function quantileNoise(spec: Spec<'QUANTILE'>, terms: Terms): QuantileNoise {
  const { numerator, denominator } = parseRational('quantile', spec.quantile);
  const [a, b] = [Number(numerator), Number(denominator)];
  const probeCount = 3 * Math.ceil(Math.log2(gridOf(spec).length));
  const probe = chooseSumNoise(terms, { l0: probeCount, lInf: Math.max(a, b - a) * ACCOUNT_WEIGHT });
  return { probe, probeCount, halfWidth: halfWidthOf(probe.tail, (1 - CONFIDENCE) / probeCount), share: { a, b } };
}

/** @param weights by grid point; every probe is a fresh noisy number, no more of them than were paid for */
export function releaseQuantileSearch(
  spec: Spec<'QUANTILE'>,
  { probe: noise, probeCount, halfWidth, share }: QuantileNoise,
  weights: GridWeights,
): ReleaseAnswer {
  const points = gridOf(spec);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const below = cumulate(weights);
  let probesLeft = probeCount;
  // How far the weight below a point is past the wanted share: rises from point to point.
  const probe = (point: number): number => {
    if (probesLeft-- === 0) throw new Error('a quantile may not be probed more often than was paid for');
    // In BigInt: with 1000ths, the products of a large shop's weights leave a double's whole numbers.
    const exact = BigInt(share.b) * BigInt(below[point]!) - BigInt(share.a) * BigInt(total);
    return addNoiseTo(noise.distribution, Math.max(-LARGEST, Math.min(LARGEST, Number(exact))));
  };
  // The quantile is the last point whose probe would be at most 0 without noise. The first is one (nothing is below it).
  const known: Bracket = { atLeast: 0, below: points.length };
  const search = { low: 0, high: points.length };
  const halve = (range: { low: number; high: number }, isBelow: (noisy: number) => boolean) => {
    while (range.high - range.low > 1) {
      const middle = Math.floor((range.low + range.high) / 2);
      const noisy = probe(middle);
      if (noisy < -halfWidth) known.atLeast = Math.max(known.atLeast, middle);
      if (noisy > halfWidth) known.below = Math.min(known.below, middle);
      if (isBelow(noisy)) range.low = middle;
      else range.high = middle;
    }
  };
  halve(search, (noisy) => noisy <= 0);
  halve({ low: known.atLeast, high: search.high }, (noisy) => noisy < -halfWidth);
  halve({ low: search.low, high: known.below }, (noisy) => noisy <= halfWidth);
  const row = {
    key: TOTAL_KEY,
    value: points[search.low]!,
    lower: Math.min(points[known.atLeast]!, points[search.low]!),
    upper: Math.max(points[known.below - 1]!, points[search.low]!),
    isSuppressed: false,
  };
  return describeRows(MEASURE_UNITS[spec.measure], [row]);
}

interface Bracket {
  /** The quantile is this point or a later one, unless a probe's noise was beyond the half width. */
  atLeast: number;
  /** The quantile is before this point, likewise. */
  below: number;
}

const LARGEST = Number.MAX_SAFE_INTEGER;

export function gridOf({ bounds, step }: Spec<'QUANTILE'>): number[] {
  const count = (bounds.maxPerKey - bounds.minPerKey) / step + 1;
  return Array.from({ length: count }, (_, index) => bounds.minPerKey + index * step);
}

/** below[g]: the weight at points before g. */
function cumulate(weights: GridWeights): Float64Array {
  const below = new Float64Array(weights.length);
  for (let point = 1; point < weights.length; point++) below[point] = below[point - 1]! + weights[point - 1]!;
  return below;
}

/** Of the rank, as a share: the answer's rank is within so much of the asked one, for so many accounts. */
function expectedRankError({ halfWidth, share }: QuantileNoise, population: number | null): number | null {
  if (population === null) return null;
  return Math.min(1, halfWidth / (share.b * ACCOUNT_WEIGHT * population));
}
