import type { Transaction } from '@sotto/database';
import type { ReleaseAnswer, ReleaseRow } from '@sotto/ledger';
import { addContributions, boundContributions, type ContributionLimits, releaseHistogram } from '@sotto/privacy';
import type { SumNoise } from '../noise/sum-noise.ts';
import { countRow, type Plan } from '../plan.ts';
import { type Population, type RowQuery, readAccounts, wholeSql } from '../population.ts';
import type { Measure } from '../spec/schemas.ts';

/** One account's amount in one key, as the database groups it. */
export interface KeyedRow {
  readonly key: string | null;
  /** A whole number, not negative. */
  readonly value: number;
}

/** What a measure adds up to over the rows of a group, in whole numbers. */
export const MEASURE_SQL: Readonly<Record<Measure, string>> = {
  CUSTOMERS: '1::float8',
  INTERACTIONS: 'count(*)::float8',
  QUANTITY: wholeSql('sum(coalesce(i.quantity, 1))'),
  // Hundredths are rounded row by row, so that an account's total does not depend on how it is grouped.
  REVENUE: wholeSql('sum(round(100 * coalesce(i.price, 0) * coalesce(i.quantity, 1)))'),
};

export const MEASURE_UNITS: Readonly<Record<Measure | 'RATING', string>> = {
  CUSTOMERS: 'customers',
  INTERACTIONS: 'interactions',
  QUANTITY: 'units',
  REVENUE: 'hundredths of the currency',
  RATING: 'hundredths of a star',
};

/** Sums over public keys: what COUNT, SUM, HISTOGRAM, TIME_SERIES, FUNNEL and RETENTION have in common. */
export interface KeyedSums<Row extends object> {
  readonly keys: readonly string[];
  readonly limits: ContributionLimits;
  readonly query: RowQuery;
  /** What one account adds, from its own rows alone; bounded afterwards. */
  contribute(rows: readonly Row[]): Iterable<{ readonly key: string; readonly value: number }>;
}

/**
 * What one account adds to the sums: at most l0 of the public keys, at most lInf each. Rows of other keys are dropped
 * before, so that they take no place of those that are released.
 */
export function boundAccount<Row extends object>(
  sums: Pick<KeyedSums<Row>, 'limits' | 'contribute'>,
  keys: ReadonlySet<string>,
  rows: readonly Row[],
): Map<string, number> {
  const known = [...sums.contribute(rows)].filter(({ key }) => keys.has(key));
  return boundContributions({ ...sums.limits, contributions: known, isNonNegative: true });
}

/** A plan in two steps: sums are read, then released. */
export interface SumsPlan extends Plan {
  /** Draws the noise of one answer on sums that were read. */
  release(totals: ReadonlyMap<string, number>): ReleaseAnswer;
}

/** A plan that reads sums and releases all of their keys. */
export function planKeyedSums<Row extends object>(
  sums: KeyedSums<Row>,
  noise: SumNoise,
  describe: (noisy: readonly { key: string; value: number }[]) => ReleaseAnswer,
  expectedError: number = noise.halfWidth,
): SumsPlan {
  const release = (totals: ReadonlyMap<string, number>) => describe(releaseSums(noise, sums.keys, totals));
  return {
    release,
    event: noise.event,
    mechanism: noise.mechanism,
    noiseScale: noise.deviation,
    expectedError,
    async draw(tx, population) {
      return release(await readTotals(tx, population, sums));
    },
  };
}

/** The exact bounded sums: they go into noise and nowhere else. */
export async function readTotals<Row extends object>(
  tx: Transaction,
  population: Population,
  sums: KeyedSums<Row>,
): Promise<Map<string, number>> {
  const keys = new Set(sums.keys);
  const totals = new Map<string, number>();
  for await (const rows of readAccounts<Row>(tx, population, sums.query))
    addContributions(totals, boundAccount(sums, keys, rows));
  return totals;
}

/** Noise on every key. Totals that a double cannot hold exactly are cut off first, as all sums are. */
export function releaseSums(
  { limits, budget }: Pick<SumNoise, 'limits' | 'budget'>,
  publicKeys: readonly string[],
  totals: ReadonlyMap<string, number>,
): readonly { readonly key: string; readonly value: number }[] {
  const sums = new Map([...totals].map(([key, value]) => [key, Math.min(value, Number.MAX_SAFE_INTEGER)]));
  return releaseHistogram({ ...limits, ...budget, sums, publicKeys }).counts;
}

export function describeRows(unit: string, rows: readonly ReleaseRow[]): ReleaseAnswer {
  return { answer: { unit }, rows };
}

export function contributeKeyed(rows: readonly KeyedRow[]): Iterable<{ key: string; value: number }> {
  return rows.filter((row): row is { key: string; value: number } => row.key !== null);
}

export function describeSums(measure: Measure, { halfWidth }: Pick<SumNoise, 'halfWidth'>) {
  return (noisy: readonly { key: string; value: number }[]): ReleaseAnswer =>
    describeRows(
      MEASURE_UNITS[measure],
      noisy.map(({ key, value }) => countRow(key, value, halfWidth)),
    );
}
