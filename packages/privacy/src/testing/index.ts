export { type DrawRate, measureDrawRates } from './draw-rates.ts';
export { type EpsilonEstimate, estimateEpsilon } from './epsilon-estimator.ts';
export { chiSquarePValue, closenessMargin, isClose, isOnLattice } from './goodness-of-fit.ts';
export { discreteGaussianProbabilities, discreteLaplaceProbability } from './probabilities.ts';
export { seededRandomSource, withSeededRandom } from './seeded-random.ts';
export { binomialUpperTail, chiSquareTail, probabilityLowerBound, probabilityUpperBound } from './statistics.ts';
