import { checkBound, checkDelta, checkFinite } from '../checks.ts';
import {
  addRationals,
  compareRationals,
  divideRationals,
  formatRational,
  multiplyRationals,
  parseRational,
  type Rational,
  rationalToDouble,
} from '../rational.ts';
import type { Accountant } from './accountant.ts';
import { checkEvent, type DpEvent, flattenEvent, type SimpleEvent } from './dp-event.ts';
import { UnsupportedEventError } from './renyi.ts';
import { roundUp } from './rounding.ts';

const ZERO: Rational = { numerator: 0n, denominator: 1n };
const ONE: Rational = { numerator: 1n, denominator: 1n };

/** Basic composition: epsilons and deltas add up, in exact fractions (Dwork et al. 2006). */
export class PureAccountant implements Accountant {
  readonly name = 'pure';
  readonly #epsilon: Rational;
  readonly #delta: Rational;

  constructor(epsilon: Rational = ZERO, delta: Rational = ZERO) {
    this.#epsilon = epsilon;
    this.#delta = delta;
  }

  /** The sum of epsilons as an exact text. */
  get exactEpsilon(): string {
    return formatRational(this.#epsilon);
  }

  supports(event: DpEvent): boolean {
    return flattenEvent(event).every(({ event: simple }) => pureLoss(simple) !== null);
  }

  compose(event: DpEvent, count = 1): PureAccountant {
    checkBound('count', count);
    let epsilon = this.#epsilon;
    let delta = this.#delta;
    for (const { event: simple, count: each } of flattenEvent(checkEvent(event))) {
      const loss = pureLoss(simple);
      if (loss === null) throw new UnsupportedEventError(simple.kind, this.name);
      const times: Rational = { numerator: BigInt(each) * BigInt(count), denominator: 1n };
      epsilon = addRationals(epsilon, multiplyRationals(loss.epsilon, times));
      delta = addRationals(delta, multiplyRationals(loss.delta, times));
    }
    return new PureAccountant(epsilon, delta);
  }

  epsilonFor(options: { delta: number }): number {
    const delta = checkDelta('delta', options.delta);
    return roundUp(rationalToDouble(this.#delta)) <= delta || this.#delta.numerator === 0n
      ? roundUp(rationalToDouble(this.#epsilon))
      : Infinity;
  }

  deltaFor(options: { epsilon: number }): number {
    const epsilon = checkFinite('epsilon', options.epsilon, { minimum: 0 });
    const spent = roundUp(rationalToDouble(this.#epsilon));
    const delta = compareRationals(this.#delta, ONE) < 0 ? roundUp(rationalToDouble(this.#delta)) : 1;
    if (spent <= epsilon) return Math.min(1, delta);
    // An (e, d)-private mechanism has at epsilon < e at most d + (1 - d) (e^e - e^epsilon) / (1 + e^e): Kairouz et al. 2015.
    const excess = -Math.expm1(epsilon - spent) / (1 + Math.exp(-spent));
    return Math.min(1, roundUp(delta + (1 - delta) * excess));
  }
}

function pureLoss(event: SimpleEvent): { epsilon: Rational; delta: Rational } | null {
  switch (event.kind) {
    case 'pure':
    case 'boundedRange':
      return { epsilon: parseRational('epsilon', event.epsilon), delta: ZERO };
    case 'approximate':
      return { epsilon: parseRational('epsilon', event.epsilon), delta: parseRational('delta', event.delta) };
    case 'ownDelta':
      return { epsilon: ZERO, delta: parseRational('delta', event.delta) };
    case 'laplace':
    case 'discreteLaplace':
      return {
        epsilon: divideRationals(parseRational('sensitivity', event.sensitivity), parseRational('scale', event.scale)),
        delta: ZERO,
      };
    default:
      return null;
  }
}
