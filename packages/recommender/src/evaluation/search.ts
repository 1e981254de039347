import { createRandom } from '../random.ts';
import type { Algorithm } from '../trainer.ts';
import type { HyperparameterValues } from './presets.ts';

/** Values to try of each hyperparameter; what is not named keeps its default. */
export type SearchSpace = Readonly<Record<string, readonly number[]>>;

export const SEARCH_SPACES: Readonly<Record<Algorithm, SearchSpace>> = {
  popularity: { halfLifeDays: [1, 2, 3, 7, 14, 30, 60, 120, 36_500] },
  'item-cosine': {
    recentItems: [5, 8, 15, 30, 60, 200],
    decay: [0.7, 0.8, 0.9, 0.95, 0.98, 1],
    shrinkage: [0, 1, 3, 10, 30],
    neighbours: [10, 20, 50, 200],
  },
  ease: {
    lambda: [10, 30, 100, 300, 1_000],
    halfLifeDays: [7, 14, 30, 90, 36_500],
    decay: [0.9, 0.95, 0.98, 1],
  },
  ials: {
    rank: [64, 128, 256],
    iterations: [8, 12, 16],
    unobservedWeight: [0.003, 0.01, 0.03, 0.1, 0.3, 1],
    regularization: [0.003, 0.01, 0.03, 0.1, 0.3],
    regularizationExponent: [0.5, 1],
    recentItems: [50, 100, 200],
    decay: [0.35, 0.5, 0.65, 0.8, 0.95, 1],
    trainingDecay: [0.7, 0.8, 0.9, 1],
  },
};

/**
 * Draws settings from a space, none twice (Bergstra and Bengio, JMLR 2012: at random beats a grid where few of many
 * parameters matter). A space with fewer settings than asked is gone through whole.
 */
export function sampleHyperparameters(space: SearchSpace, count: number, seed: number): HyperparameterValues[] {
  const size = Object.values(space).reduce((product, values) => product * values.length, 1);
  const random = createRandom(seed);
  const drawn = new Map<string, HyperparameterValues>();
  while (drawn.size < Math.min(count, size)) {
    const setting = Object.fromEntries(
      Object.entries(space).map(([name, values]) => [name, values[Math.floor(random() * values.length)]!]),
    );
    drawn.set(JSON.stringify(setting), setting);
  }
  return [...drawn.values()];
}
