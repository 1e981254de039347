export type { Accountant } from './accounting/accountant.ts';
export { gaussianDelta, gaussianTruePositiveRate, smallestGaussianSigma } from './accounting/analytic-gaussian.ts';
export { smallestNoise } from './accounting/calibration.ts';
export {
  renyiToDelta,
  renyiToEpsilon,
  zeroConcentratedToDelta,
  zeroConcentratedToEpsilon,
} from './accounting/conversion.ts';
export { checkEvent, composeEvents, type DpEvent, type EventCount, flattenEvent } from './accounting/dp-event.ts';
export { gaussianPartitionThreshold, laplacePartitionThreshold } from './accounting/partition-threshold.ts';
export { LossDistributionAccountant } from './accounting/pld/loss-accountant.ts';
export { PureAccountant } from './accounting/pure-accountant.ts';
export { ownDelta, RENYI_ORDERS, renyiDivergence, UnsupportedEventError } from './accounting/renyi.ts';
export { RenyiAccountant } from './accounting/renyi-accountant.ts';
export {
  canAdmit,
  type FilterCost,
  openRenyiFilter,
  priceEvent,
  type RenyiFilter,
  spentEpsilon,
} from './accounting/renyi-filter.ts';
export { ZeroConcentratedAccountant } from './accounting/zero-concentrated-accountant.ts';
export { PrivacyParameterError } from './checks.ts';
export { type NoisyPair, type ProductPair, releaseCoPurchases } from './clustering/co-purchases.ts';
export type { FeatureRange } from './clustering/feature-grid.ts';
export { type Cluster, releaseKMeans } from './clustering/k-means.ts';
export { AboveThreshold, ThresholdExhaustedError } from './mechanisms/above-threshold.ts';
export { addContributions, boundContributions, type Contribution } from './mechanisms/contributions.ts';
export {
  type CalibratedNoise,
  type ContributionLimits,
  calibrateNoise,
  type NoiseBudget,
  type NoisyCount,
  releaseHistogram,
  releaseThresholdedKeys,
} from './mechanisms/counts.ts';
export { DiscreteGaussian } from './mechanisms/discrete-gaussian.ts';
export { DiscreteLaplace } from './mechanisms/discrete-laplace.ts';
export { addNoise, addNoiseTo, fillNoise, type IntegerArray, type NoiseDistribution } from './mechanisms/noise.ts';
export { ACCOUNT_WEIGHT, releaseQuantile } from './mechanisms/quantile.ts';
export { estimateResponseCounts, respondRandomly, responseNoiseFor } from './mechanisms/randomized-response.ts';
export {
  reportNoisyMax,
  type SelectionOptions,
  selectExponential,
  selectPermuteAndFlip,
  selectTopK,
} from './mechanisms/selection.ts';
export { NoisyPrefixTree } from './mechanisms/tree-aggregation.ts';
export { formatRational, parseRational, type Rational, type RationalInput, rational } from './rational.ts';
