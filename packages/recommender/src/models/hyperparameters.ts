import { ALGORITHMS, type Algorithm, InvalidHyperparameters } from '../trainer.ts';
import { type EaseHyperparameters, parseEase } from './ease.ts';
import { type IalsHyperparameters, parseIals } from './ials.ts';
import { type ItemCosineHyperparameters, parseItemCosine } from './item-cosine.ts';
import { type PopularityHyperparameters, parsePopularity } from './popularity.ts';

/** The whole set of each algorithm, defaults filled in. */
export interface HyperparametersOf {
  readonly popularity: PopularityHyperparameters;
  readonly 'item-cosine': ItemCosineHyperparameters;
  readonly ease: EaseHyperparameters;
  readonly ials: IalsHyperparameters;
}
export type Hyperparameters = HyperparametersOf[Algorithm];

const PARSERS: { readonly [Name in Algorithm]: (value: unknown) => HyperparametersOf[Name] } = {
  popularity: parsePopularity,
  'item-cosine': parseItemCosine,
  ease: parseEase,
  ials: parseIals,
};

/**
 * @param value an object, or null or undefined for the defaults alone
 * @throws InvalidHyperparameters naming what is unknown or out of range
 */
export function parseHyperparameters<Name extends Algorithm>(algorithm: Name, value: unknown): HyperparametersOf[Name] {
  // The name may come from a request.
  if (!Object.hasOwn(PARSERS, algorithm)) {
    const names = ALGORITHMS.join(', ');
    throw new InvalidHyperparameters('algorithm', `There is no algorithm "${algorithm}"; there are: ${names}.`);
  }
  return PARSERS[algorithm](value);
}
