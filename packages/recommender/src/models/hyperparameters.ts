import { ALGORITHMS, type Algorithm, InvalidHyperparameters } from '../trainer.ts';
import { type EaseHyperparameters, parseEase } from './ease.ts';
import { type IalsHyperparameters, parseIals } from './ials.ts';
import { type ItemCosineHyperparameters, parseItemCosine } from './item-cosine.ts';
import { type PopularityHyperparameters, parsePopularity } from './popularity.ts';

/** The whole set of an algorithm, defaults filled in. */
export type Hyperparameters =
  | PopularityHyperparameters
  | ItemCosineHyperparameters
  | EaseHyperparameters
  | IalsHyperparameters;

/**
 * @param value an object, or null or undefined for the defaults alone
 * @throws InvalidHyperparameters naming what is unknown or out of range
 */
export function parseHyperparameters(algorithm: Algorithm, value: unknown): Hyperparameters {
  switch (algorithm) {
    case 'popularity':
      return parsePopularity(value);
    case 'item-cosine':
      return parseItemCosine(value);
    case 'ease':
      return parseEase(value);
    case 'ials':
      return parseIals(value);
    default:
      throw new InvalidHyperparameters(
        'algorithm',
        `There is no algorithm "${algorithm}"; there are: ${ALGORITHMS.join(', ')}.`,
      );
  }
}
