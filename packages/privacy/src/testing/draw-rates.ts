import { DiscreteGaussian } from '../mechanisms/discrete-gaussian.ts';
import { DiscreteLaplace } from '../mechanisms/discrete-laplace.ts';
import { fillNoise, type NoiseDistribution } from '../mechanisms/noise.ts';

export interface DrawRate {
  readonly distribution: string;
  readonly drawsPerSecond: number;
}

const VECTOR_LENGTH = 100_000;

/**
 * Draws a second of each sampler on one thread, by filling vectors; the best of several rounds, since a busy machine can
 * only slow a round down.
 *
 * @param options.now a monotonic clock in milliseconds
 */
export function measureDrawRates(options: { now: () => number; rounds: number }): DrawRate[] {
  const distributions: [string, NoiseDistribution][] = [
    ['discrete Gaussian, variance 1', new DiscreteGaussian({ variance: 1 })],
    ['discrete Gaussian, variance 100', new DiscreteGaussian({ variance: 100 })],
    ['discrete Gaussian, variance (4.22 * 2^16)^2', new DiscreteGaussian({ variance: 76_486_000_000 })],
    ['discrete Gaussian, variance (4.22 * 2^16)^2 / 2', new DiscreteGaussian({ variance: '76486000001/2' })],
    ['discrete Laplace, scale 1', new DiscreteLaplace({ scale: 1 })],
    ['discrete Laplace, scale 1000/7', new DiscreteLaplace({ scale: '1000/7' })],
  ];
  const target = new Float64Array(VECTOR_LENGTH);
  return distributions.map(([name, distribution]) => {
    let shortestMs = Infinity;
    for (let round = 0; round < options.rounds; round++) {
      const start = options.now();
      fillNoise(distribution, target);
      shortestMs = Math.min(shortestMs, options.now() - start);
    }
    return { distribution: name, drawsPerSecond: Math.round((VECTOR_LENGTH / shortestMs) * 1000) };
  });
}
