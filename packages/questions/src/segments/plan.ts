import type { Transaction } from '@sotto/database';
import type { ReleaseAnswer } from '@sotto/ledger';
import {
  type DpEvent,
  flattenEvent,
  PrivacyParameterError,
  parseRational,
  type Rational,
  releaseKMeans,
} from '@sotto/privacy';
import { MEASURE_UNITS } from '../kinds/keyed-sums.ts';
import { gaussianRho, type Terms } from '../noise/budget.ts';
import { countRow, type Plan } from '../plan.ts';
import { type Population, readAccounts } from '../population.ts';
import { computeFeatures, FEATURE_QUERY, type FeatureRow, rangeOf, type SegmentationSpec } from './features.ts';
import { describeSegments } from './view.ts';

/** 97.5 % of a normal distribution are below this many deviations. */
const NORMAL_QUANTILE = 1.959963984540054;

/**
 * SEGMENTS: private k-means, each account a point on axes of fixed ranges. All of its noise is discrete Gaussian, so
 * epsilon buys a rho; sizes are noisy numbers of accounts, and labels, traits and the map come from the noisy centroids.
 * @throws PrivacyParameterError naming `epsilon` when no noise can be drawn that is wide enough for it
 */
export function planSegments(spec: SegmentationSpec, terms: Terms): Plan {
  const rho = gaussianRho(terms);
  const { event, countDeviation } = describeNoise(spec, rho);
  return {
    event,
    mechanism: 'k-means on discrete Gaussian counts and sums',
    noiseScale: countDeviation,
    expectedError: expectedCentroidError(spec, event, terms.assumedPopulation),
    async draw(tx, population) {
      return releaseSegments(spec, rho, await readPoints(tx, population, spec));
    },
  };
}

export async function readPoints(
  tx: Transaction,
  population: Population,
  { axes }: SegmentationSpec,
): Promise<Float64Array> {
  const points: number[] = [];
  for await (const rows of readAccounts<FeatureRow>(tx, population, FEATURE_QUERY)) {
    for (const value of computeFeatures(axes, rows, population.windowEnd)) points.push(value);
  }
  return Float64Array.from(points);
}

export function releaseSegments(spec: SegmentationSpec, rho: Rational, points: Float64Array): ReleaseAnswer {
  const { clusters, countDeviation } = cluster(spec, rho, points);
  const halfWidth = countHalfWidth(countDeviation);
  const rows = clusters.map(({ size }, index) => countRow(`${index + 1}`, size, halfWidth));
  const segments = describeSegments(
    spec.axes,
    clusters.map(({ centroid }, index) => ({
      centroid,
      size: rows[index]!.value!,
      sizeLower: rows[index]!.lower!,
      sizeUpper: rows[index]!.upper!,
    })),
  );
  return { answer: { unit: MEASURE_UNITS.CUSTOMERS, axes: spec.axes, segments }, rows };
}

/** The cost and the noise depend on parameters alone: clustering nobody tells them. */
function describeNoise(spec: SegmentationSpec, rho: Rational) {
  try {
    return cluster(spec, rho, new Float64Array());
  } catch (error) {
    if (!(error instanceof PrivacyParameterError) || error.parameter !== 'variance') throw error;
    throw new PrivacyParameterError('epsilon', 'is too small for so many features');
  }
}

function cluster({ segmentCount, axes }: SegmentationSpec, rho: Rational, points: Float64Array) {
  return releaseKMeans({ points, ranges: axes.map(rangeOf), k: segmentCount, rho });
}

/**
 * How far a coordinate of a centroid is off in 5 of 100 cases, as a share of its axis, when the accounts that the asker
 * takes to be there fall into segments of one size. A coordinate is a noisy sum over a count; in the released event the sums
 * of the last pass come last, and one account moves them by at most half an axis in each of d coordinates.
 */
function expectedCentroidError(
  { segmentCount, axes }: SegmentationSpec,
  event: DpEvent,
  population: number | null,
): number | null {
  if (population === null) return null;
  const sums = flattenEvent(event).at(-1)!.event;
  if (sums.kind !== 'discreteGaussian') throw new Error('the last event of a clustering is not that of its sums');
  const multiplier = Math.sqrt(toNumber(sums.variance) / toNumber(sums.sensitivitySquared));
  const deviation = (multiplier * Math.sqrt(axes.length)) / 2;
  return Math.min(1, (NORMAL_QUANTILE * deviation * segmentCount) / population);
}

function toNumber(text: string): number {
  const { numerator, denominator } = parseRational('event', text);
  return Number(numerator) / Number(denominator);
}

/** A whole number's noise is within this, with probability CONFIDENCE: the normal interval and one for the rounding. */
function countHalfWidth(deviation: number): number {
  return Math.ceil(NORMAL_QUANTILE * deviation + 1);
}
