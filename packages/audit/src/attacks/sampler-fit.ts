import { DiscreteGaussian, DiscreteLaplace, type RationalInput } from '@sotto/privacy';
import { chiSquarePValue, discreteLaplaceProbability } from '@sotto/privacy/testing';
import type { Attack, Repetitions } from '../attack.ts';
import { plainFinding } from '../finding.ts';
import { ROW_FALSE_ALARM } from '../odds.ts';

export interface SamplerTarget {
  readonly target: string;
  readonly draw: () => number | bigint;
  /** The exact probability of a whole number, up to a factor. */
  readonly weight: (value: number) => number;
  /** Past it the weights are nothing. */
  readonly reach: number;
}

const DRAWS: Repetitions = { quick: 40_000, full: 1_000_000 };
const MAX_CELLS = 2_000;
/** Deviations of a Gaussian, and scales of a Laplace, past which a draw has probability below 1e-15. */
const GAUSSIAN_REACH = 8;
const LAPLACE_REACH = 36;
/** Standard deviation of the co-occurrence statistic at epsilon 1, off the diagonal: 4.22 * 2^16 / sqrt 2. */
const STATISTIC_VARIANCE = '76486000001/2';

/**
 * Whether the noise has the distribution that prices assume: Pearson's chi-square of many draws, in cells of equal width, against
 * exact probabilities.
 */
export function samplerFitAttack({ target, draw, weight, reach }: SamplerTarget): Attack {
  return {
    attack: 'sampler-fit',
    target,
    async run({ size, pause }) {
      const width = Math.ceil((2 * reach + 1) / MAX_CELLS);
      const probabilities = new Float64Array(Math.ceil((2 * reach + 1) / width));
      let total = 0;
      for (let value = -reach; value <= reach; value++) {
        const probability = weight(value);
        probabilities[Math.floor((value + reach) / width)]! += probability;
        total += probability;
        if (value % MAX_CELLS === 0) await pause();
      }
      const counts = new Float64Array(probabilities.length);
      for (let i = 0; i < DRAWS[size]; i++) {
        const cell = Math.floor((Number(draw()) + reach) / width);
        if (cell >= 0 && cell < counts.length) counts[cell]!++;
        if (i % MAX_CELLS === 0) await pause();
      }
      const pValue = chiSquarePValue({
        counts,
        probabilities: probabilities.map((probability) => probability / total),
        total: DRAWS[size],
      });
      return plainFinding('sampler-fit', target, pValue >= ROW_FALSE_ALARM);
    },
  };
}

/** A discrete Gaussian claimed to have a variance; `draw` is another one where the test of this attack breaks it. */
export function gaussianSampler(name: string, variance: RationalInput, draw?: SamplerTarget['draw']): SamplerTarget {
  const distribution = new DiscreteGaussian({ variance });
  const { numerator, denominator } = distribution.variance;
  const squared = Number(numerator) / Number(denominator);
  return {
    target: name,
    draw: draw ?? (() => distribution.draw()),
    weight: (value) => Math.exp((-value * value) / (2 * squared)),
    reach: Math.ceil(GAUSSIAN_REACH * Math.sqrt(squared)),
  };
}

export function laplaceSampler(name: string, scale: RationalInput, draw?: SamplerTarget['draw']): SamplerTarget {
  const distribution = new DiscreteLaplace({ scale });
  const { numerator, denominator } = distribution.scale;
  const width = Number(numerator) / Number(denominator);
  return {
    target: name,
    draw: draw ?? (() => distribution.draw()),
    weight: (value) => discreteLaplaceProbability(value, width),
    reach: Math.ceil(LAPLACE_REACH * width),
  };
}

export const SAMPLER_FITS: readonly Attack[] = [
  laplaceSampler('discrete Laplace, scale 1', 1),
  laplaceSampler('discrete Laplace, scale 1000/7', '1000/7'),
  gaussianSampler('discrete Gaussian, variance 1', 1),
  gaussianSampler('discrete Gaussian, variance 17.8', '17.8'),
  gaussianSampler('discrete Gaussian of the statistic', STATISTIC_VARIANCE),
].map(samplerFitAttack);
