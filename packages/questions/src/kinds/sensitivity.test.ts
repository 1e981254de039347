import { type ContributionLimits, type DpEvent, flattenEvent } from '@sotto/privacy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laplaceNoise } from '../noise/sum-noise.ts';
import { parseSpec } from '../parse-question.ts';
import { EVENT_TYPES } from '../spec/filter.ts';
import { histogramSums, planHistogram, planTimeSeries, timeSeriesSums } from './breakdowns.ts';
import { planCoPurchases, releasePairs } from './co-purchases.ts';
import { funnelSums, planFunnel } from './funnel.ts';
import { boundAccount, type KeyedSums } from './keyed-sums.ts';
import { boundMean, planMean } from './mean.ts';
import { ACCOUNT_WEIGHT, boundWeights, planQuantile } from './quantile.ts';
import { planRetention, retentionSums } from './retention.ts';
import { planTopK, topKSums } from './top-k.ts';
import { countTotal, planCount, planSum, sumTotal } from './totals.ts';

// Sums are over accounts, so one account more changes them by exactly what that account adds: for any rows it may have,
// that must stay within what the event in the ledger claims.
const terms = { epsilon: '0.5', delta: '0.000001', assumedPopulation: null };
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];
const amount = fc.oneof(fc.nat(5), fc.nat(2_000_000_000), fc.constant(Number.MAX_SAFE_INTEGER));
const keyedRows = (known: readonly string[]) =>
  fc.array(fc.record({ key: fc.option(fc.constantFrom('unknown', ...known)), value: amount }), { maxLength: 40 });
const bound = fc.integer({ min: 1, max: 15 });
const cut = fc.integer({ min: 1, max: 1_000_000 });

/** At most this much in L1 and, squared, in L2: read from the event alone. */
function claimOf(event: DpEvent): { l1: number; squared: number } {
  const parts = flattenEvent(event).filter(({ event: { kind } }) => kind !== 'boundedRange' && kind !== 'ownDelta');
  expect(parts).toHaveLength(1);
  const { event: part, count } = parts[0]!;
  if (part.kind === 'discreteLaplace') return { l1: part.sensitivity * count, squared: Number.POSITIVE_INFINITY };
  if (part.kind !== 'discreteGaussian') throw new Error(`${part.kind} is no noise on sums`);
  return { l1: Number.POSITIVE_INFINITY, squared: Number(part.sensitivitySquared) };
}

function expectWithin(added: Iterable<number>, { l0, lInf }: ContributionLimits, event: DpEvent): void {
  const values = [...added].filter((value) => value !== 0);
  for (const value of values) {
    expect(Number.isSafeInteger(value)).toBe(true);
    expect(Math.abs(value)).toBeLessThanOrEqual(lInf);
  }
  expect(values.length).toBeLessThanOrEqual(l0);
  const { l1, squared } = claimOf(event);
  expect(values.reduce((sum, value) => sum + Math.abs(value), 0)).toBeLessThanOrEqual(l1);
  expect(values.reduce((sum, value) => sum + value * value, 0)).toBeLessThanOrEqual(squared);
}

function addOf<Row extends object>(sums: KeyedSums<Row>, rows: readonly Row[]): Iterable<number> {
  return boundAccount(sums, new Set(sums.keys), rows).values();
}

describe('one account more', () => {
  it('moves a COUNT or a SUM by at most its bound', () => {
    fc.assert(
      fc.property(keyedRows(['total']), cut, (rows, maxPerKey) => {
        const accounts = parseSpec('COUNT', { measure: 'CUSTOMERS' });
        expectWithin(addOf(countTotal(accounts), rows), { l0: 1, lInf: 1 }, planCount(accounts, terms).event);
        const spec = parseSpec('SUM', { measure: 'REVENUE', bounds: { maxPerKey } });
        expectWithin(addOf(sumTotal(spec), rows), { l0: 1, lInf: maxPerKey }, planSum(spec, terms).event);
      }),
    );
  });

  it('moves a HISTOGRAM in at most maxKeys keys, by at most maxPerKey each', () => {
    fc.assert(
      fc.property(keyedRows(keys), bound, cut, (rows, maxKeys, maxPerKey) => {
        const asked = { dimension: 'PRODUCT', measure: 'QUANTITY', bounds: { maxKeys, maxPerKey } };
        const spec = parseSpec('HISTOGRAM', asked);
        const limits = { l0: maxKeys, lInf: maxPerKey };
        expectWithin(addOf(histogramSums(spec, keys), rows), limits, planHistogram(spec, terms, keys).event);
      }),
    );
  });

  it('moves a TIME_SERIES likewise', () => {
    const days = Array.from({ length: 31 }, (_, day) => `2026-03-${`${day + 1}`.padStart(2, '0')}`);
    fc.assert(
      fc.property(keyedRows(days), bound, (rows, maxKeys) => {
        const filter = { since: '2026-03-01', until: '2026-04-01' };
        const asked = { dimension: 'DAY', measure: 'CUSTOMERS', bounds: { maxKeys }, filter };
        const spec = parseSpec('TIME_SERIES', asked);
        const limits = { l0: maxKeys, lInf: 1 };
        expectWithin(addOf(timeSeriesSums(spec), rows), limits, planTimeSeries(spec, terms).event);
      }),
    );
  });

  it('moves each candidate of a TOP_K by at most maxPerKey, and of any k at most min(maxKeys, k)', () => {
    fc.assert(
      fc.property(keyedRows(keys), bound, cut, fc.integer({ min: 1, max: 12 }), (rows, maxKeys, maxPerKey, k) => {
        const asked = { dimension: 'PRODUCT', k, measure: 'REVENUE', bounds: { maxKeys, maxPerKey } };
        const spec = parseSpec('TOP_K', asked);
        const added = boundAccount(topKSums(spec, keys), new Set(keys), rows);
        for (const value of added.values()) expect(value >= 0 && value <= maxPerKey).toBe(true);
        // The worst choice: those keys in which the account is.
        const chosen = [...added.values()].sort((a, b) => b - a).slice(0, k);
        const limits = { l0: Math.min(maxKeys, k), lInf: maxPerKey };
        expectWithin(chosen, limits, planTopK(spec, terms, keys).event);
      }),
    );
  });

  it('moves a FUNNEL in one step, by one', () => {
    const day = fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-03');
    const rows = fc.array(fc.record({ type: fc.constantFrom(...EVENT_TYPES), day }), { maxLength: 30 });
    const steps = fc.array(fc.constantFrom(...EVENT_TYPES), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(rows, steps, fc.boolean(), (own, asked, requireLaterDay) => {
        const spec = parseSpec('FUNNEL', { steps: asked, requireLaterDay });
        expectWithin(addOf(funnelSums(spec), own), { l0: 1, lInf: 1 }, planFunnel(spec, terms).event);
      }),
    );
  });

  it('moves a RETENTION in at most `periods` cells, by one each', () => {
    const months = Array.from({ length: 24 }, (_, month) => {
      const time = Date.UTC(2025, month, 1);
      return new Date(time).toISOString().slice(0, 7);
    });
    const rows = fc.subarray(months).map((active) => active.map((key) => ({ key, value: 1 })));
    fc.assert(
      fc.property(rows, fc.integer({ min: 2, max: 12 }), (own, periods) => {
        const spec = parseSpec('RETENTION', { dimension: 'MONTH', periods, filter: { since: '2025-06-01' } });
        expectWithin(addOf(retentionSums(spec), own), { l0: periods, lInf: 1 }, planRetention(spec, terms).event);
      }),
    );
  });

  it('moves the two numbers of a MEAN by what their events say', () => {
    const values = fc.array(fc.record({ value: amount }), { maxLength: 30 });
    fc.assert(
      fc.property(values, bound, fc.nat(1_000), cut, (rows, maxKeys, minPerKey, range) => {
        const bounds = { maxKeys, minPerKey, maxPerKey: minPerKey + range };
        const asked = { per: 'INTERACTION', measure: 'REVENUE', bounds };
        const spec = parseSpec('MEAN', asked);
        const { offset, count } = boundMean(spec, rows);
        const [first, second] = flattenEvent(planMean(spec, terms).event).map(({ event }) => event);
        if (first?.kind !== 'discreteLaplace') throw new Error('a mean is noised by discrete Laplace');
        expect(Math.abs(offset)).toBeLessThanOrEqual(first.sensitivity);
        // With a range of 1 and one value the two events are the same one twice.
        const ofCount = second ?? first;
        expect(ofCount).toMatchObject({ kind: 'discreteLaplace', sensitivity: maxKeys });
        expect(count).toBeLessThanOrEqual(maxKeys);
      }),
    );
  });

  it('moves every probe of a QUANTILE by what its event says', () => {
    const values = fc.array(fc.record({ value: amount }), { minLength: 1, maxLength: 300 });
    const permille = fc.integer({ min: 1, max: 999 });
    fc.assert(
      fc.property(values, permille, fc.integer({ min: 1, max: 900 }), (rows, share, step) => {
        const bounds = { minPerKey: 100, maxPerKey: 1_000 };
        const quantile = (share / 1000).toFixed(3);
        const spec = parseSpec('QUANTILE', { per: 'INTERACTION', measure: 'REVENUE', quantile, bounds, step });
        const weights = boundWeights(spec, rows);
        const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
        expect(total).toBeLessThanOrEqual(ACCOUNT_WEIGHT);
        const { squared, l1 } = claimOf(planQuantile(spec, terms).event);
        const [a, b] = lowestTerms(share);
        const probes = 3 * Math.ceil(Math.log2((spec.bounds.maxPerKey - 100) / step + 1));
        for (let point = 0; point <= (spec.bounds.maxPerKey - 100) / step; point++) {
          const below = [...weights].reduce((sum, [at, weight]) => sum + (at < point ? weight : 0), 0);
          const moved = Math.abs(b * below - a * total);
          if (Number.isFinite(l1)) expect(moved * probes).toBeLessThanOrEqual(l1);
          else expect(moved ** 2 * probes).toBeLessThanOrEqual(squared);
        }
      }),
    );
  });

  it('is in at most maxKeys pairs of a CO_PURCHASE', () => {
    // So much epsilon that the noise rounds to nothing, and so many alike that their pairs pass the threshold.
    const basket = fc.uniqueArray(fc.constantFrom(...keys), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(basket, fc.integer({ min: 1, max: 6 }), (own, maxKeys) => {
        const spec = parseSpec('CO_PURCHASE', { bounds: { maxKeys } });
        const noise = laplaceNoise('1000', { l0: maxKeys, lInf: 1 });
        const { rows } = releasePairs(spec, noise, Array(90).fill(own));
        const sum = rows.reduce((total, { value }) => total + value!, 0);
        const pairs = Math.min(maxKeys, (own.length * (own.length - 1)) / 2);
        expect(sum).toBeLessThanOrEqual(90 * pairs);
        if (own.length === 2) expect(sum).toBe(90);
        const { l1, squared } = claimOf(planCoPurchases(spec, terms).event);
        expect(Math.min(l1, squared)).toBe(maxKeys);
      }),
      { numRuns: 40 },
    );
  });
});

/** share / 1000 as a / b. */
function lowestTerms(share: number): [a: number, b: number] {
  let [rest, divisor] = [share, 1000];
  while (rest !== 0) [rest, divisor] = [divisor % rest, rest];
  return [share / divisor, 1000 / divisor];
}
