/** The discrete Laplace's probability of an integer. */
export function discreteLaplaceProbability(y: number, scale: number): number {
  return Math.tanh(1 / (2 * scale)) * Math.exp(-Math.abs(y) / scale);
}

/** The discrete Gaussian's probabilities of the integers from -reach to reach; the rest is below exp(-reach^2 / 2 variance). */
export function discreteGaussianProbabilities(variance: number, reach: number): Float64Array {
  const probabilities = Float64Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-((index - reach) ** 2) / (2 * variance)),
  );
  const total = probabilities.reduce((sum, value) => sum + value, 0);
  return probabilities.map((value) => value / total);
}
