import type { Transaction } from '@sotto/database';
import type { ReleaseAnswer, ReleaseRow } from '@sotto/ledger';
import { addNoiseTo, boundContributions, composeEvents, DiscreteLaplace, type Rational } from '@sotto/privacy';
import { partOf, type Terms } from '../noise/budget.ts';
import { laplacePairHalfWidth, ratioInterval } from '../noise/ratio-interval.ts';
import { laplaceNoise, type SumNoise } from '../noise/sum-noise.ts';
import type { Plan } from '../plan.ts';
import { type Population, readAccounts } from '../population.ts';
import type { Spec } from '../spec/canonical.ts';
import { describeRows, MEASURE_UNITS } from './keyed-sums.ts';
import { TOTAL_KEY } from './totals.ts';
import { type ValueRow, valueQuery } from './values.ts';

/** What is released of a mean: both numbers are whole, so that noise on them is exact. */
export interface MeanSums {
  /** Of 2 value - minPerKey - maxPerKey, within ± (maxPerKey - minPerKey) each. */
  readonly offset: number;
  readonly count: number;
}

export interface MeanNoise {
  readonly offset: SumNoise;
  readonly count: SumNoise;
}

/**
 * MEAN: of a value of each account, or of at most so many interactions of an account. Two numbers are released, each with
 * half of epsilon: the sum of distances from the middle of the bounds (half as sensitive as a sum of values) and the count.
 * The mean is their ratio; its interval is Fieller's.
 */
export function planMean(spec: Spec<'MEAN'>, terms: Terms): Plan {
  const noise = meanNoise(spec, terms);
  return {
    event: composeEvents(noise.offset.event, noise.count.event),
    mechanism: 'discrete Laplace on a sum and a count, their ratio',
    noiseScale: noise.offset.deviation / 2,
    expectedError: expectedMeanError(spec, noise, terms.assumedPopulation),
    async draw(tx, population) {
      return releaseMean(spec, noise, await readMeanSums(tx, population, spec));
    },
  };
}

export async function readMeanSums(tx: Transaction, population: Population, spec: Spec<'MEAN'>): Promise<MeanSums> {
  let sums: MeanSums = { offset: 0, count: 0 };
  for await (const rows of readAccounts<ValueRow>(tx, population, valueQuery(spec))) {
    const own = boundMean(spec, rows);
    sums = { offset: sums.offset + own.offset, count: sums.count + own.count };
  }
  return sums;
}

/** What one account adds: at most so many random values of its own, each within the bounds. */
export function boundMean(spec: Spec<'MEAN'>, rows: readonly ValueRow[]): MeanSums {
  const { maxKeys, minPerKey, maxPerKey } = spec.bounds;
  const bounded = boundContributions({
    l0: maxKeys,
    lInf: maxPerKey - minPerKey,
    // Each value under a key of its own; past a double's whole numbers it is far above any maximum.
    contributions: rows.map(({ value }, key) => ({ key, value: 2 * Math.min(value, 2 ** 50) - minPerKey - maxPerKey })),
  });
  let offset = 0;
  for (const value of bounded.values()) offset += value;
  return { offset, count: bounded.size };
}

export function meanNoise(spec: Spec<'MEAN'>, terms: Pick<Terms, 'epsilon'>): MeanNoise {
  const half: Rational = partOf('epsilon', terms.epsilon, 2);
  const { maxKeys } = spec.bounds;
  return {
    offset: laplaceNoise(half, { l0: 1, lInf: maxKeys * rangeOf(spec) }),
    count: laplaceNoise(half, { l0: 1, lInf: maxKeys }),
  };
}

export function releaseMean(spec: Spec<'MEAN'>, noise: MeanNoise, sums: MeanSums): ReleaseAnswer {
  const offset = drawOne(noise.offset, sums.offset);
  const count = drawOne(noise.count, sums.count);
  const interval = ratioInterval({
    numerator: offset,
    denominator: count,
    scales: scalesOf(noise),
    range: rangeOf(spec),
  });
  const { minPerKey, maxPerKey } = spec.bounds;
  const toMean = (ratio: number) => (ratio + minPerKey + maxPerKey) / 2;
  const row: ReleaseRow =
    interval === null
      ? { key: TOTAL_KEY, value: null, lower: null, upper: null, isSuppressed: true }
      : {
          key: TOTAL_KEY,
          value: toMean(interval.value),
          lower: toMean(interval.lower),
          upper: toMean(interval.upper),
          isSuppressed: false,
        };
  return describeRows(MEASURE_UNITS[spec.measure], [row]);
}

/** The half width that the interval has around a mean at an end of its bounds, the worst place, for so many values. */
function expectedMeanError(spec: Spec<'MEAN'>, noise: MeanNoise, population: number | null): number | null {
  if (population === null) return null;
  const range = rangeOf(spec);
  const { offset, count } = scalesOf(noise);
  return Math.min(range, laplacePairHalfWidth(offset, range * count) / population / 2);
}

function rangeOf({ bounds }: Spec<'MEAN'>): number {
  return bounds.maxPerKey - bounds.minPerKey;
}

/** Of the two Laplace distributions, from above by less than a part in a million. */
function scalesOf({ offset, count }: MeanNoise): { offset: number; count: number } {
  return { offset: scaleOf(offset), count: scaleOf(count) };
}

function scaleOf({ distribution }: SumNoise): number {
  if (!(distribution instanceof DiscreteLaplace)) throw new Error('a mean is noised by discrete Laplace');
  return Number(distribution.scale.numerator) / Number(distribution.scale.denominator);
}

function drawOne({ distribution }: SumNoise, sum: number): number {
  return addNoiseTo(distribution, Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, sum)));
}
