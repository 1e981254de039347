import { checkDelta, checkFinite, PrivacyParameterError } from '../checks.ts';
import { type Rational, rationalFromDouble, roundUpToBits } from '../rational.ts';
import type { Accountant } from './accountant.ts';
import type { DpEvent } from './dp-event.ts';

const MAX_DOUBLINGS = 60;

/**
 * The smallest noise for a target: the smallest x in a geometric bracket, to a relative tolerance, at which the accountant
 * proves the event at most (epsilon, delta). The event's cost must fall as its noise grows.
 *
 * @param options.eventFor the event at a noise, given as the exact text of a multiple of 2^-30
 * @param options.accountant an accountant with everything else that is to fit in the same target
 * @returns the noise as an exact fraction, rounded up
 * @throws PrivacyParameterError when no noise reaches the target, for instance because delta alone is spent
 */
export function smallestNoise(options: {
  accountant: Accountant;
  eventFor: (noise: Rational) => DpEvent;
  epsilon: number;
  delta: number;
  relativeTolerance?: number;
  start?: number;
}): Rational {
  const epsilon = checkFinite('epsilon', options.epsilon, { above: 0 });
  const delta = checkDelta('delta', options.delta);
  const tolerance = checkFinite('relativeTolerance', options.relativeTolerance ?? 1e-6, { above: 0, maximum: 1 });
  const isEnough = (noise: number) => {
    const after = options.accountant.compose(options.eventFor(roundNoise(noise)));
    // A bound on delta costs one pass, the bound on epsilon a search; delta 0 is only visible in epsilon.
    return delta > 0 ? after.deltaFor({ epsilon }) <= delta : after.epsilonFor({ delta }) <= epsilon;
  };
  let high = checkFinite('start', options.start ?? 1, { above: 0 });
  let low = high / 2;
  for (let i = 0; !isEnough(high); i++) {
    if (i === MAX_DOUBLINGS) throw new PrivacyParameterError('epsilon', 'cannot be reached by any amount of noise');
    low = high;
    high *= 2;
  }
  for (let i = 0; i < MAX_DOUBLINGS && isEnough(low); i++) {
    high = low;
    low /= 2;
  }
  while (high - low > tolerance * high) {
    const middle = (low + high) / 2;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return roundNoise(high);
}

function roundNoise(noise: number): Rational {
  return roundUpToBits(rationalFromDouble(noise), 30);
}
