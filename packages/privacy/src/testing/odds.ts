/**
 * The false-alarm probability that each statistical test of this package grants itself, over the choice of its seed. A test
 * takes its own entry, so that the sum below is the suite's (union bound): see odds.test.ts.
 */
export const FALSE_ALARMS = {
  /** Chi-square of uniform integers: 6 bounds. */
  uniformIntegers: 6 * 1e-7,
  /** Chi-square of a discrete Laplace: 6 scales. */
  discreteLaplaceFit: 6 * 1e-7,
  /** Chi-square of a discrete Gaussian: 8 variances. */
  discreteGaussianFit: 8 * 1e-7,
  /** Mean and variance of both samplers: 2 moments of 4 settings each. */
  moments: 16 * 1e-7,
  /** Counts in the tails of both samplers: 4 exact binomial tests, two-sided. */
  tails: 8 * 1e-7,
  /** Closeness cases of google/differential-privacy: 42 cases, of 1e-7 each by the number of votes. */
  closeness: 42 * 1e-7,
  /** Chi-square of selection mechanisms against exact probabilities: 4. */
  selectionFit: 4 * 1e-7,
  /** Epsilon from below: 20 mechanisms, of 1e-7 each. */
  neighbours: 20 * 1e-7,
  /** Symmetry of comparisons of very wide noise: 2 of seven deviations. */
  comparisons: 2 * 3e-12,
  /** Accuracy of clustering and tree sums: stated with each, 5 of 1e-6. */
  accuracy: 5 * 1e-6,
} as const;

/** What a single test of the suites above may use. */
export const SINGLE_FALSE_ALARM = 1e-7;
