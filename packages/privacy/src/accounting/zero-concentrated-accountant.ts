import { checkBound, checkDelta, checkFinite } from '../checks.ts';
import {
  addRationals,
  divideRationals,
  formatRational,
  multiplyRationals,
  parseRational,
  type Rational,
  rationalToDouble,
} from '../rational.ts';
import type { Accountant } from './accountant.ts';
import { zeroConcentratedToDelta, zeroConcentratedToEpsilon } from './conversion.ts';
import { checkEvent, type DpEvent, flattenEvent, type SimpleEvent, treeHeight } from './dp-event.ts';
import { UnsupportedEventError } from './renyi.ts';
import { roundUp } from './rounding.ts';

const ZERO: Rational = { numerator: 0n, denominator: 1n };
const HALF: Rational = { numerator: 1n, denominator: 2n };
const EIGHTH: Rational = { numerator: 1n, denominator: 8n };

/** Zero-concentrated composition: rhos add up, in exact fractions (Bun and Steinke 2016). */
export class ZeroConcentratedAccountant implements Accountant {
  readonly name = 'zero-concentrated';
  readonly #rho: Rational;
  readonly #delta: Rational;

  constructor(rho: Rational = ZERO, delta: Rational = ZERO) {
    this.#rho = rho;
    this.#delta = delta;
  }

  /** The sum of rhos as an exact text. */
  get exactRho(): string {
    return formatRational(this.#rho);
  }

  supports(event: DpEvent): boolean {
    return flattenEvent(event).every(({ event: simple }) => zeroConcentratedLoss(simple) !== null);
  }

  compose(event: DpEvent, count = 1): ZeroConcentratedAccountant {
    checkBound('count', count);
    let rho = this.#rho;
    let delta = this.#delta;
    for (const { event: simple, count: each } of flattenEvent(checkEvent(event))) {
      const loss = zeroConcentratedLoss(simple);
      if (loss === null) throw new UnsupportedEventError(simple.kind, this.name);
      const times: Rational = { numerator: BigInt(each) * BigInt(count), denominator: 1n };
      rho = addRationals(rho, multiplyRationals(loss.rho, times));
      delta = addRationals(delta, multiplyRationals(loss.delta, times));
    }
    return new ZeroConcentratedAccountant(rho, delta);
  }

  epsilonFor(options: { delta: number }): number {
    const delta = checkDelta('delta', options.delta);
    if (this.#rho.numerator === 0n && this.#delta.numerator === 0n) return 0;
    const own = this.#delta.numerator === 0n ? 0 : roundUp(rationalToDouble(this.#delta));
    if (own > delta) return Infinity;
    return zeroConcentratedToEpsilon({ rho: roundUp(rationalToDouble(this.#rho)), delta: delta - own });
  }

  deltaFor(options: { epsilon: number }): number {
    const epsilon = checkFinite('epsilon', options.epsilon, { minimum: 0 });
    const own = roundUp(rationalToDouble(this.#delta));
    return Math.min(1, own + zeroConcentratedToDelta({ rho: roundUp(rationalToDouble(this.#rho)), epsilon }));
  }
}

/** The rho and the own delta of an event, exact; null when it has no bound of this form. */
function zeroConcentratedLoss(event: SimpleEvent): { rho: Rational; delta: Rational } | null {
  const square = (value: Rational) => multiplyRationals(value, value);
  switch (event.kind) {
    case 'gaussian':
      return {
        rho: divideRationals(HALF, square(parseRational('noiseMultiplier', event.noiseMultiplier))),
        delta: ZERO,
      };
    case 'discreteGaussian': {
      const ratio = divideRationals(
        parseRational('sensitivitySquared', event.sensitivitySquared),
        parseRational('variance', event.variance),
      );
      return { rho: multiplyRationals(HALF, ratio), delta: ZERO };
    }
    case 'treeAggregation': {
      const variance = square(parseRational('noiseMultiplier', event.noiseMultiplier));
      const height: Rational = { numerator: BigInt(treeHeight(event.steps)), denominator: 1n };
      return { rho: divideRationals(multiplyRationals(HALF, height), variance), delta: ZERO };
    }
    case 'zeroConcentrated':
      return { rho: parseRational('rho', event.rho), delta: ZERO };
    case 'pure':
      return { rho: multiplyRationals(HALF, square(parseRational('epsilon', event.epsilon))), delta: ZERO };
    case 'laplace':
    case 'discreteLaplace': {
      const epsilon = divideRationals(
        parseRational('sensitivity', event.sensitivity),
        parseRational('scale', event.scale),
      );
      return { rho: multiplyRationals(HALF, square(epsilon)), delta: ZERO };
    }
    case 'boundedRange': // Cesar and Rogers 2021
      return { rho: multiplyRationals(EIGHTH, square(parseRational('epsilon', event.epsilon))), delta: ZERO };
    case 'approximate': {
      const rho = multiplyRationals(HALF, square(parseRational('epsilon', event.epsilon)));
      return { rho, delta: parseRational('delta', event.delta) };
    }
    case 'ownDelta':
      return { rho: ZERO, delta: parseRational('delta', event.delta) };
    case 'randomizedResponse':
    case 'poissonSampled':
      return null;
  }
}
