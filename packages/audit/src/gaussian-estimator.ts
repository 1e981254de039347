import { gaussianDelta, gaussianTruePositiveRate } from '@sotto/privacy';
import { probabilityLowerBound, probabilityUpperBound } from '@sotto/privacy/testing';

const BISECTIONS = 60;
const MAX_MU = 64;
/** Of the runs; the rest bounds what the picked threshold does. */
const PICKING_SHARE = 1 / 4;

/**
 * Estimates from below how far a Gaussian mechanism moves for one account, mu = sensitivity / sigma, from scores of runs without
 * and with the canary. A test of membership that is wrong on non-members with probability a and right on members with b
 * shows mu >= Phi^-1(b) - Phi^-1(a) (Dong, Roth, Su 2022, Theorem 2.7); exact Clopper-Pearson bounds of a and b make that a
 * lower bound (Nasr et al. 2023, "Tight auditing of differentially private machine learning"). A first part of the runs picks
 * the threshold, the others bound it.
 *
 * @param falseAlarm probability that a mechanism of a smaller mu is estimated above it
 */
export function estimateGaussianMu(
  scores: { readonly without: Float64Array; readonly withCanary: Float64Array },
  falseAlarm: number,
): number {
  const [pickedOut, out] = splitRuns(scores.without);
  const [pickedIn, within] = splitRuns(scores.withCanary);
  const threshold = pickThreshold(pickedOut, pickedIn);
  const falsePositives = countAtLeast(out, threshold);
  const truePositives = countAtLeast(within, threshold);
  return smallestMu({
    falsePositiveRate: probabilityUpperBound(falsePositives, out.length, falseAlarm / 2),
    truePositiveRate: probabilityLowerBound(truePositives, within.length, falseAlarm / 2),
  });
}

/**
 * How far at most the trade-off of discrete Gaussian noise is above the continuous one of its variance, as a factor of mu: a sum
 * over whole numbers differs from the integral by the second derivative over 24, which gives 1 + 1 / (24 variance) to first
 * order. Rounded up to 20, which the test beside this checks for every threshold from a variance of 1.
 */
export function latticeFactor(variance: number): number {
  return 1 + 1 / (20 * variance);
}

/**
 * The exact epsilon of a Gaussian mechanism at a delta, by bisection of its decreasing delta.
 * @throws RangeError for a delta of 0, at which a Gaussian promises nothing
 */
export function gaussianEpsilon({ mu, delta }: { readonly mu: number; readonly delta: number }): number {
  if (!(delta > 0)) throw new RangeError('A Gaussian has an epsilon at a positive delta only.');
  const deltaAt = (epsilon: number) => gaussianDelta({ sigma: 1, sensitivity: mu, epsilon });
  if (mu === 0 || deltaAt(0) <= delta) return 0;
  let high = 1;
  while (deltaAt(high) > delta) high *= 2;
  return bisect(0, high, (epsilon) => deltaAt(epsilon) > delta);
}

function splitRuns(scores: Float64Array): readonly [Float64Array, Float64Array] {
  const at = Math.floor(scores.length * PICKING_SHARE);
  return [scores.subarray(0, at), scores.subarray(at)];
}

/**
 * The threshold that separates the two samples best, by the sum of its two error rates: near the middle of the two means, where
 * Clopper-Pearson bounds cost least in mu. It lies half-way between two scores, so that samples far apart are
 * parted in the middle of what is between them.
 */
function pickThreshold(without: Float64Array, withCanary: Float64Array): number {
  const candidates = Float64Array.from([...without, ...withCanary]).sort();
  const [sortedOut, sortedIn] = [without.toSorted(), withCanary.toSorted()];
  let best = candidates[0] ?? 0;
  let previous = best;
  let bestGap = Number.NEGATIVE_INFINITY;
  let [below, belowIn] = [0, 0];
  for (const candidate of candidates) {
    while (below < sortedOut.length && sortedOut[below]! < candidate) below++;
    while (belowIn < sortedIn.length && sortedIn[belowIn]! < candidate) belowIn++;
    const gap = below / sortedOut.length - belowIn / sortedIn.length;
    if (gap > bestGap) [best, bestGap] = [(previous + candidate) / 2, gap];
    previous = candidate;
  }
  return best;
}

function countAtLeast(scores: Float64Array, threshold: number): number {
  return scores.reduce((count, score) => count + (score >= threshold ? 1 : 0), 0);
}

function smallestMu(rates: { readonly falsePositiveRate: number; readonly truePositiveRate: number }): number {
  const { falsePositiveRate, truePositiveRate } = rates;
  if (truePositiveRate <= falsePositiveRate) return 0;
  return bisect(0, MAX_MU, (mu) =>
    mu === 0 ? true : gaussianTruePositiveRate({ sigma: 1, sensitivity: mu, falsePositiveRate }) < truePositiveRate,
  );
}

/** Where a predicate that is true at `low` turns false; the lower end of the last interval. */
function bisect(low: number, high: number, isBelow: (value: number) => boolean): number {
  let [bottom, top] = [low, high];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (bottom + top) / 2;
    if (isBelow(middle)) bottom = middle;
    else top = middle;
  }
  return bottom;
}
