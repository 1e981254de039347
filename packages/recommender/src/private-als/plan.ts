import { composeEvents, type DpEvent, PrivacyParameterError, parseRational } from '@sotto/privacy';
import { parseNumbers } from '../hyperparameters.ts';
import { RANK_MULTIPLE } from '../kernels/als.ts';
import { noiseScaleFor } from '../private/noise-scale.ts';
import { ACCOUNT_UNITS, RECENT_DAYS } from '../private/statistic-plan.ts';
import { InvalidHyperparameters } from '../trainer.ts';
import { UNITS } from './account-sums.ts';

/** What decides about private implicit ALS beside its budget. Chosen on the demo shop of another seed than is reported. */
export interface PrivateAlsHyperparameters {
  /** Factors of each item, a multiple of 8: one for popularity, the others for taste. */
  readonly rank: number;
  /** Item factors are released so often; 0: as often as the noise allows. */
  readonly iterations: number;
  /** Newest distinct items of an account that count. */
  readonly maxItemsPerAccount: number;
  /** Percent of rho that the items' popularity gets. */
  readonly popularityPercent: number;
  /** Ridge penalty of a user's solve, at item factors of mean squared norm 1. */
  readonly regularization: number;
  /** Length of the axis of popularity against the longest axis of taste, at serving. */
  readonly popularityWeight: number;
  /** Axes count by this power of the interest that they explain, at serving. */
  readonly axisExponent: number;
  /** What content and private popularity count at serving, where taste without noise counts 1. */
  readonly contentWeight: number;
  /** Power of an item's trend that its scores are multiplied by. */
  readonly trendExponent: number;
  /** Distinct items of a history that are read, the newest. */
  readonly recentItems: number;
  /** Weight of an item against the next newer one, at serving. */
  readonly decay: number;
}

/** Everything that is decided before a row is read: a function of parameters alone. Plain JSON. */
export interface PrivateAlsPlan {
  /** What the ledger charges for the whole training, before its first step. The noise is drawn as it says. */
  readonly event: DpEvent;
  readonly mechanism: string;
  /** What the training costs alone at `delta`, by the exact curve of one Gaussian. */
  readonly epsilon: string;
  readonly delta: string;
  /** Standard deviation of the noise against the sensitivity, all releases taken as one: 4.22 for (1, 1e-6). */
  readonly noiseScale: number;
  readonly itemCount: number;
  readonly iterations: number;
  /** The last days that recent interest is counted over. */
  readonly recentDays: number;
  readonly hyperparameters: PrivateAlsHyperparameters;
}

export interface PrivateAlsPlanOptions {
  /** An exact decimal, such as "0.5". */
  readonly epsilon: string;
  /** An exact decimal between 0 and 1. */
  readonly delta: string;
  /** Products of the catalogue. */
  readonly itemCount: number;
  /** An object, or null or undefined for the defaults alone. */
  readonly hyperparameters?: unknown;
  /** What was charged already, perhaps by an older version: the noise is drawn as it says, or not at all. */
  readonly charged?: DpEvent | undefined;
}

/** The most that discrete Gaussian noise is drawn with. */
const MOST_VARIANCE = 2 ** 62;
const MOST_ITERATIONS = 20;
/** Percent of rho that the items' recent interest gets, as it has of a statistic's. */
const RECENT_PERCENT = 4;

/** @throws InvalidHyperparameters */
export function parsePrivateAls(value: unknown): PrivateAlsHyperparameters {
  const parsed = parseNumbers(value, {
    rank: { fallback: 24, minimum: RANK_MULTIPLE, maximum: 256, isInteger: true },
    iterations: { fallback: 0, minimum: 0, maximum: MOST_ITERATIONS, isInteger: true },
    maxItemsPerAccount: { fallback: 50, minimum: 1, maximum: 1_000, isInteger: true },
    popularityPercent: { fallback: 8, minimum: 1, maximum: 90, isInteger: true },
    regularization: { fallback: 10, minimum: 1e-6, maximum: 1e6 },
    popularityWeight: { fallback: 0.7, minimum: 0, maximum: 100 },
    axisExponent: { fallback: 0.5, minimum: 0, maximum: 2 },
    contentWeight: { fallback: 0.25, minimum: 0, maximum: 1_000 },
    trendExponent: { fallback: 0.4, minimum: 0, maximum: 2 },
    recentItems: { fallback: 100, minimum: 1, maximum: 500, isInteger: true },
    decay: { fallback: 0.98, minimum: 0.01, maximum: 1 },
  });
  if (parsed.rank % RANK_MULTIPLE !== 0) {
    throw new InvalidHyperparameters('rank', `"rank" is a multiple of ${RANK_MULTIPLE}.`);
  }
  return parsed;
}

/**
 * Plans a private training.
 * @throws PrivacyParameterError naming what is missing, inexact or out of range, or the event when what was charged is not
 *   what would be drawn; InvalidHyperparameters
 */
export function planPrivateAls(options: PrivateAlsPlanOptions): PrivateAlsPlan {
  const noiseScale = noiseScaleFor(options);
  const { itemCount } = options;
  if (!Number.isSafeInteger(itemCount) || itemCount < 1)
    throw new PrivacyParameterError('itemCount', 'must be a whole number from 1');
  const hyperparameters = parsePrivateAls(options.hyperparameters);
  const iterations = hyperparameters.iterations === 0 ? chooseIterations(noiseScale) : hyperparameters.iterations;
  const { popularityPercent } = hyperparameters;
  const factorsShare = (100 - popularityPercent - RECENT_PERCENT) / 100 / iterations;
  const event = composeEvents(
    gaussianEvent(noiseScale, popularityPercent / 100, UNITS ** 2),
    gaussianEvent(noiseScale, RECENT_PERCENT / 100, ACCOUNT_UNITS ** 2),
    { event: gaussianEvent(noiseScale, factorsShare, UNITS ** 4), count: iterations },
  );
  if (options.charged !== undefined) readPlannedVariances({ event: options.charged, iterations });
  return {
    event: options.charged ?? event,
    mechanism: 'discrete Gaussian on bounded popularity, recent interest and sums of user factors',
    epsilon: options.epsilon,
    delta: options.delta,
    noiseScale,
    itemCount,
    iterations,
    recentDays: RECENT_DAYS,
    hyperparameters,
  };
}

/**
 * The more noise, the fewer releases it is spread over: 3 at (1, 1e-6), 5 at (4, 1e-6). The first steps find the space of
 * tastes, each later one pays less.
 */
function chooseIterations(noiseScale: number): number {
  return Math.min(8, Math.max(2, Math.round(6 / Math.sqrt(noiseScale))));
}

/** Gaussian releases add up as 1 / variance: a share of rho has the whole's variance divided by the share, rounded up. */
function gaussianEvent(noiseScale: number, share: number, sensitivitySquared: number): DpEvent {
  // A few roundings of a double are far below 2^-48 of it.
  const variance = Math.ceil((noiseScale ** 2 / share) * sensitivitySquared * (1 + 2 ** -48));
  if (variance > MOST_VARIANCE)
    throw new PrivacyParameterError('epsilon', 'needs more noise than can be drawn: raise it, or release less often');
  return {
    kind: 'discreteGaussian',
    variance: BigInt(variance).toString(),
    sensitivitySquared: sensitivitySquared.toString(),
    dimensions: 'many',
  };
}

/** Noise variances of a plan's releases, in squared units. */
export interface PlannedVariances {
  readonly popularity: bigint;
  readonly recentInterest: bigint;
  /** Of each iteration's sums. */
  readonly itemSums: bigint;
}

/**
 * The variances of the event that was charged: whatever else a stored plan says, no less noise is drawn than was paid for.
 * @throws PrivacyParameterError when the event is none of this mechanism
 */
export function readPlannedVariances({
  event,
  iterations,
}: Pick<PrivateAlsPlan, 'event' | 'iterations'>): PlannedVariances {
  const parts = event.kind === 'composed' ? event.parts : [];
  const [popularity, recentInterest, itemSums] = parts;
  if (popularity === undefined || recentInterest === undefined || itemSums === undefined || parts.length !== 3)
    throw notOfThisMechanism();
  return {
    popularity: readVariance(popularity, 1, UNITS ** 2),
    recentInterest: readVariance(recentInterest, 1, ACCOUNT_UNITS ** 2),
    itemSums: readVariance(itemSums, iterations, UNITS ** 4),
  };
}

function readVariance(
  { event, count }: { readonly event: DpEvent; readonly count: number },
  timesDrawn: number,
  sensitivitySquared: number,
): bigint {
  if (event.kind !== 'discreteGaussian' || event.sensitivitySquared !== `${sensitivitySquared}` || count !== timesDrawn)
    throw notOfThisMechanism();
  const { numerator, denominator } = parseRational('variance', event.variance);
  if (denominator !== 1n || numerator <= 0n)
    throw new PrivacyParameterError('variance', 'must be a whole number of squared units');
  return numerator;
}

function notOfThisMechanism(): PrivacyParameterError {
  return new PrivacyParameterError('event', 'is not of this mechanism');
}
