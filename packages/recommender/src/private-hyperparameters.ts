import { parsePrivateEase, parsePrivatePopularity } from './private/private-ease.ts';
import { parsePrivateAls } from './private-als/plan.ts';
import { InvalidHyperparameters, PRIVATE_ALGORITHMS, type PrivateAlgorithm } from './trainer.ts';

const PARSERS: { readonly [Name in PrivateAlgorithm]: (value: unknown) => Readonly<Record<string, number>> } = {
  'private-popularity': (value) => ({ ...parsePrivatePopularity(value) }),
  'private-ease': (value) => ({ ...parsePrivateEase(value) }),
  'private-ials': (value) => ({ ...parsePrivateAls(value) }),
};

/**
 * The whole set of a private algorithm, defaults filled in. They were chosen on public and made-up data: a search on
 * customers' rows would be a release of its own.
 * @param value an object, or null or undefined for the defaults alone
 * @throws InvalidHyperparameters naming what is unknown or out of range
 */
export function parsePrivateHyperparameters(
  algorithm: PrivateAlgorithm,
  value: unknown,
): Readonly<Record<string, number>> {
  // The name may come from a request.
  if (!Object.hasOwn(PARSERS, algorithm)) {
    const names = PRIVATE_ALGORITHMS.join(', ');
    throw new InvalidHyperparameters('algorithm', `There is no private algorithm "${algorithm}"; there are: ${names}.`);
  }
  return PARSERS[algorithm](value);
}
