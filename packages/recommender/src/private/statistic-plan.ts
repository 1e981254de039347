import { composeEvents, type DpEvent, PrivacyParameterError, parseRational } from '@sotto/privacy';
import { chooseHead, MAX_HEAD_ITEMS } from './head.ts';
import { noiseScaleFor } from './noise-scale.ts';
import type { ReleasedStatistic } from './released-statistic.ts';

/**
 * One account in a statistic: each of its sums is counted in units of 2^-16, and all of it together changes the sums of one
 * part by at most 2^16 units in L2.
 */
export const ACCOUNT_UNITS = 2 ** 16;
const SENSITIVITY_SQUARED = ACCOUNT_UNITS ** 2;

/** Newest distinct items of an account that count. Chosen on the demo shop; bounds the work, not the noise. */
export const MAX_ITEMS_PER_ACCOUNT = 200;
/**
 * What an account was interested in within so many days before the release is "recent": long enough to tell a season from
 * the noise. Chosen on demo shops of other seeds, where 28 days beat 7 at every epsilon.
 */
export const RECENT_DAYS = 28;

/**
 * What each part gets of rho, in percent. Interest (sums of 1 / sqrt(k)) has some sqrt(k) times the signal of the diagonal
 * (sums of 1 / k), so that a small share tells as much.
 */
const SHARES = { coOccurrence: 88, interest: 8, recentInterest: 4 } as const;
type Part = keyof typeof SHARES;
const PARTS = Object.keys(SHARES) as readonly Part[];

/**
 * Everything about a release that is decided before a row is read: a function of parameters and of earlier releases.
 * Plain JSON.
 */
export interface StatisticPlan {
  /** What the ledger charges for the whole release. The noise is drawn with the variances that stand in it. */
  readonly event: DpEvent;
  readonly mechanism: string;
  /** What the release costs alone at `delta`, by the exact curve of one Gaussian. */
  readonly epsilon: string;
  readonly delta: string;
  /** Standard deviation of the noise against the sensitivity, all parts taken as one: 4.22 for (1, 1e-6). */
  readonly noiseScale: number;
  readonly maxItemsPerAccount: number;
  readonly recentDays: number;
  readonly maxHeadItems: number;
  /** Products whose co-occurrence is counted; null: chosen within the release from its noisy interest. */
  readonly headProductIds: readonly number[] | null;
}

export interface StatisticPlanOptions {
  /** An exact decimal, such as "0.5". */
  readonly epsilon: string;
  /** An exact decimal between 0 and 1. */
  readonly delta: string;
  /** The catalogue. */
  readonly productIds: Int32Array;
  /** The newest released statistic: the head is then chosen from it, which costs nothing. */
  readonly previous?: ReleasedStatistic | undefined;
  /** Most products whose co-occurrence is counted. */
  readonly maxHeadItems?: number;
  readonly maxItemsPerAccount?: number;
  /** What was charged already, perhaps by an older version: the noise is drawn as it says, or not at all. */
  readonly charged?: DpEvent | undefined;
}

/**
 * Plans a release of the private co-occurrence statistic.
 * @throws PrivacyParameterError naming what is missing, inexact or out of range, or the event when what was charged is not
 *   what would be drawn
 */
export function planStatistic(options: StatisticPlanOptions): StatisticPlan {
  const noiseScale = noiseScaleFor(options);
  const maxHeadItems = checkCount('maxHeadItems', options.maxHeadItems ?? MAX_HEAD_ITEMS, MAX_HEAD_ITEMS);
  const maxItemsPerAccount = checkCount(
    'maxItemsPerAccount',
    options.maxItemsPerAccount ?? MAX_ITEMS_PER_ACCOUNT,
    2_000,
  );
  const { charged } = options;
  if (charged !== undefined) readVariances({ event: charged });
  return {
    event: charged ?? composeEvents(...PARTS.map((part) => partEvent(noiseScale, SHARES[part]))),
    mechanism: 'discrete Gaussian on bounded co-occurrence and interest',
    epsilon: options.epsilon,
    delta: options.delta,
    noiseScale,
    maxItemsPerAccount,
    recentDays: RECENT_DAYS,
    maxHeadItems,
    headProductIds:
      options.previous === undefined ? null : chooseHead(options.previous, options.productIds, maxHeadItems),
  };
}

/**
 * Gaussian releases add up as 1 / variance, so a part with a share of rho has the whole's variance divided by the share.
 * In squared units, rounded up to an even number: the co-occurrence off the diagonal has half the variance, exactly.
 */
function partEvent(noiseScale: number, percent: number): DpEvent {
  const variance = 2 * Math.ceil(((noiseScale ** 2 * 100) / percent) * (SENSITIVITY_SQUARED / 2));
  return {
    kind: 'discreteGaussian',
    variance: BigInt(variance).toString(),
    sensitivitySquared: SENSITIVITY_SQUARED.toString(),
    dimensions: 'many',
  };
}

/** Noise variances of a plan's parts in squared units, whole even numbers. */
export type PartVariances = Readonly<Record<Part, bigint>>;

/**
 * The variances of the event that was charged: whatever else a stored plan says, no less noise is drawn than was paid for.
 * @throws PrivacyParameterError when the event is none of this mechanism
 */
export function readVariances({ event }: Pick<StatisticPlan, 'event'>): PartVariances {
  const parts = event.kind === 'composed' ? event.parts : [];
  if (parts.length !== PARTS.length) throw new PrivacyParameterError('event', 'is not of this mechanism');
  const variances = {} as Record<Part, bigint>;
  for (const [index, part] of PARTS.entries()) {
    const { event: single, count } = parts[index]!;
    if (single.kind !== 'discreteGaussian' || count !== 1 || single.sensitivitySquared !== `${SENSITIVITY_SQUARED}`)
      throw new PrivacyParameterError('event', 'is not of this mechanism');
    const { numerator, denominator } = parseRational('variance', single.variance);
    if (denominator !== 1n || numerator <= 0n || numerator % 2n !== 0n)
      throw new PrivacyParameterError('variance', 'must be an even number of squared units');
    variances[part] = numerator;
  }
  return variances;
}

function checkCount(parameter: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new PrivacyParameterError(parameter, `must be a whole number from 1 to ${most}`);
}
