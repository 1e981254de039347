import { PrivacyParameterError } from '../../parameter-error.ts';
import { convolve } from './fft.ts';

/** Mass that a truncation may move at each end; moved to a larger loss, never dropped. */
const TRUNCATED_MASS = 1e-15;
const SLACK = 1 + 2 ** -40;
/** Exponentials of more than this are taken in steps; doubles end at 709. */
const MAX_EXPONENT = 500;
/** Masses below this are too close to the smallest doubles to be divided by. */
const SMALLEST_MASS = 1e-290;
/** Half a gigabyte: a longer grid is a mistake in the interval or in the event. */
const MAX_POINTS = 2 ** 26;

/**
 * The distribution of the privacy loss log(P(y) / Q(y)) under P, on the grid `interval * k`, for one ordered pair (P, Q).
 * Always an upper bound: its delta at every epsilon is at least that of the pair it stands for. Mass whose loss is not
 * bounded is `infinityMass`.
 */
export class LossDistribution {
  readonly interval: number;
  /** Grid index of masses[0]. */
  readonly start: number;
  readonly masses: Float64Array;
  readonly infinityMass: number;

  constructor(options: { interval: number; start: number; masses: Float64Array; infinityMass: number }) {
    this.interval = options.interval;
    this.start = options.start;
    this.masses = options.masses;
    this.infinityMass = Math.min(1, options.infinityMass);
  }

  /** The pair that says nothing: all mass at loss 0. */
  static identity(interval: number): LossDistribution {
    return new LossDistribution({ interval, start: 0, masses: Float64Array.of(1), infinityMass: 0 });
  }

  /** The loss of two independent releases: losses add, so masses convolve. */
  compose(other: LossDistribution): LossDistribution {
    const { values, error } = convolve(this.masses, other.masses);
    const infinityMass = this.infinityMass + other.infinityMass - this.infinityMass * other.infinityMass + error;
    return truncate({ interval: this.interval, start: this.start + other.start, masses: values, infinityMass });
  }

  /** The loss of `count` independent copies, by repeated squaring. */
  power(count: number): LossDistribution {
    let result: LossDistribution | null = null;
    let square: LossDistribution = this;
    for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === null ? square : result.compose(square);
      if (rest > 1) square = square.compose(square);
    }
    return result ?? LossDistribution.identity(this.interval);
  }

  /** Covers the rounding of a sum over all masses, one unit each. */
  #slack(): number {
    return SLACK + this.masses.length * 2 ** -52;
  }

  /** The variance of the bounded part. */
  variance(): number {
    let mass = 0;
    let first = 0;
    let second = 0;
    for (let index = 0; index < this.masses.length; index++) {
      const loss = (this.start + index) * this.interval;
      mass += this.masses[index]!;
      first += this.masses[index]! * loss;
      second += this.masses[index]! * loss * loss;
    }
    return mass === 0 ? 0 : Math.max(0, second / mass - (first / mass) ** 2);
  }

  /** E[max(0, 1 - exp(epsilon - loss))], the hockey-stick divergence. */
  deltaFor(epsilon: number): number {
    let sum = 0;
    for (let index = this.masses.length - 1; index >= 0; index--) {
      const loss = (this.start + index) * this.interval;
      if (loss <= epsilon) break;
      sum += this.masses[index]! * -Math.expm1(epsilon - loss);
    }
    return Math.min(1, (sum + this.infinityMass) * this.#slack());
  }

  /** The smallest epsilon >= 0 whose delta is at most `delta`; Infinity when the unbounded mass alone is more. */
  epsilonFor(delta: number): number {
    const slack = this.#slack();
    if (this.infinityMass * slack > delta) return Infinity;
    // Between grid points delta(epsilon) = mass - exp(epsilon) weight, with the masses above it and their exp(-loss).
    let mass = this.infinityMass * slack;
    let weight = 0; // relative to exp(-reference), so that it neither overflows nor vanishes
    let reference = (this.start + this.masses.length - 1) * this.interval;
    for (let index = this.masses.length - 1; index >= 0; index--) {
      const loss = (this.start + index) * this.interval;
      if (reference - loss > MAX_EXPONENT) {
        weight *= Math.exp(loss - reference) / slack;
        reference = loss;
      }
      if (loss < 0 || mass - Math.exp(loss - reference) * weight > delta) break;
      mass += this.masses[index]! * slack;
      weight += (this.masses[index]! * Math.exp(reference - loss)) / slack;
    }
    if (mass <= delta) return 0;
    const epsilon = Math.log((mass - delta) / weight) + reference;
    return Math.max(0, epsilon + Math.abs(epsilon) * 2 ** -40);
  }
}

/** Drops the thin ends: the lower one moves up to the first kept loss, the upper one to infinity. */
function truncate(options: {
  interval: number;
  start: number;
  masses: Float64Array;
  infinityMass: number;
}): LossDistribution {
  const { interval, start, masses, infinityMass } = options;
  let low = 0;
  let lowMass = 0;
  while (low < masses.length - 1 && lowMass + masses[low]! <= TRUNCATED_MASS) lowMass += masses[low++]!;
  let high = masses.length - 1;
  let highMass = 0;
  while (high > low && highMass + masses[high]! <= TRUNCATED_MASS) highMass += masses[high--]!;
  // A short exact distribution keeps its tail: cutting it would cost a delta that was zero.
  if (masses.length <= 4096) return new LossDistribution(options);
  const kept = masses.slice(low, high + 1);
  kept[0]! += lowMass;
  return new LossDistribution({ interval, start: start + low, masses: kept, infinityMass: infinityMass + highMass });
}

/** A mass, and how far it may be from the exact one. */
export interface MassBound {
  readonly mass: number;
  readonly error: number;
}

/**
 * Collects pairs of masses (under P and under Q) whose losses lie between two neighbouring grid points, and splits each onto
 * the two points so that both totals are kept ("connect the dots", Doroshenko et al. 2022): the hockey-stick curve of the
 * result is the chord of the true convex one between grid points, so never below it.
 */
export class LossGrid {
  readonly #interval: number;
  readonly #start: number;
  readonly #masses: Float64Array;
  #infinityMass = 0;

  /** @param options.lowest, options.highest the losses that the grid must cover */
  constructor(options: { interval: number; lowest: number; highest: number }) {
    this.#interval = options.interval;
    this.#start = Math.floor(options.lowest / options.interval) - 1;
    const end = Math.ceil(options.highest / options.interval) + 1;
    const points = end - this.#start + 1;
    if (!(points <= MAX_POINTS)) throw new PrivacyParameterError('interval', 'is too small for losses this large');
    this.#masses = new Float64Array(points);
  }

  /** The grid's points, as indices whose loss is index * interval. */
  get indices(): { first: number; last: number } {
    return { first: this.#start, last: this.#start + this.#masses.length - 1 };
  }

  /** An outcome of P that Q cannot produce, or whose loss lies past the grid. */
  addInfinite(mass: number): void {
    this.#infinityMass += Math.max(0, mass);
  }

  /** Mass of P at one known loss, raised by the roundings that made it and that find its place. */
  addAtom(loss: number, mass: number): void {
    const raised = loss + Math.abs(loss) * 2 ** -50;
    const index = Math.ceil(raised / this.#interval);
    this.#split(index, mass, -Math.expm1(Math.min(0, (index - 1) * this.#interval - raised)));
  }

  /**
   * Masses of P and Q over losses in (index - 1, index], with bounds on their absolute errors: what is not certain of Q's
   * share counts as the larger loss.
   */
  addInterval(index: number, p: MassBound, q: MassBound): void {
    if (p.mass <= 0) return;
    const scale = q.mass < SMALLEST_MASS ? 0 : Math.exp((index - 1) * this.#interval);
    const uncertain = (p.error + q.error * scale) / p.mass + 2 ** -44;
    this.#split(index, p.mass, Math.max(0, 1 - (q.mass * scale) / p.mass) + uncertain);
  }

  /** `excess` is 1 - exp(lower loss) Q / P, from 0 when all mass is at the lower end to 1 - exp(-interval) at the upper. */
  #split(index: number, mass: number, excess: number): void {
    const upperShare = Math.min(1, (excess / -Math.expm1(-this.#interval)) * SLACK);
    const offset = Math.min(Math.max(index - this.#start, 1), this.#masses.length - 1);
    this.#masses[offset]! += mass * upperShare;
    this.#masses[offset - 1]! += mass * (1 - upperShare);
  }

  finish(): LossDistribution {
    return new LossDistribution({
      interval: this.#interval,
      start: this.#start,
      masses: this.#masses,
      infinityMass: this.#infinityMass,
    });
  }
}
