import { checkBound, checkDelta, checkFinite } from '../../checks.ts';
import type { Accountant } from '../accountant.ts';
import { checkEvent, type DpEvent, flattenEvent, type SimpleEvent } from '../dp-event.ts';
import { PureAccountant } from '../pure-accountant.ts';
import { UnsupportedEventError } from '../renyi.ts';
import { hasLossPair, pairOfEvent } from './event-pairs.ts';
import { LossDistribution } from './loss-distribution.ts';
import type { LossPair } from './pairs.ts';

const COARSE_INTERVAL = 1e-2;
const MIN_INTERVAL = 1e-7;
const MAX_EVENT_POINTS = 2 ** 20;

/**
 * Numerical composition of privacy loss distributions (Koskela, Jälkö, Honkela 2020; Doroshenko et al. 2022): the tightest
 * of the accountants, for one-dimensional, Laplace and subsampled kinds. Discretisation, truncation and the rounding of the
 * Fourier transform are all on the pessimistic side.
 */
export class LossDistributionAccountant implements Accountant {
  readonly name = 'loss-distribution';
  readonly #interval: number | null;
  readonly #counts: ReadonlyMap<string, { readonly event: SimpleEvent; readonly count: number }>;
  readonly #pure: PureAccountant | null;
  #composed: LossPair | null = null;

  /**
   * @param options.interval distance of the grid's losses; halving it quarters the error and doubles the time. Without it,
   * one that puts the discretisation near a ten-thousandth of the total loss's deviation.
   */
  constructor(
    options: { interval?: number } = {},
    counts: ReadonlyMap<string, { event: SimpleEvent; count: number }> = new Map(),
    pure: PureAccountant | null = new PureAccountant(),
  ) {
    this.#interval =
      options.interval === undefined ? null : checkFinite('interval', options.interval, { above: 0, maximum: 1 });
    this.#counts = counts;
    this.#pure = pure;
  }

  supports(event: DpEvent): boolean {
    return flattenEvent(event).every(({ event: simple }) => hasLossPair(simple));
  }

  compose(event: DpEvent, count = 1): LossDistributionAccountant {
    checkBound('count', count);
    const counts = new Map(this.#counts);
    for (const { event: simple, count: each } of flattenEvent(checkEvent(event))) {
      if (!hasLossPair(simple)) throw new UnsupportedEventError(simple.kind, this.name);
      const key = JSON.stringify(simple);
      counts.set(key, { event: simple, count: (counts.get(key)?.count ?? 0) + each * count });
    }
    // Where every event is purely private, the plain sum is a second bound, and the only one at delta 0.
    const pure = this.#pure?.supports(event) ? this.#pure.compose(event, count) : null;
    return new LossDistributionAccountant(this.#interval === null ? {} : { interval: this.#interval }, counts, pure);
  }

  epsilonFor(options: { delta: number }): number {
    const delta = checkDelta('delta', options.delta);
    // At delta 0 nothing beats the sum of pure losses, which is the largest loss that has any mass.
    if (delta === 0 && this.#pure !== null) return this.#pure.epsilonFor({ delta });
    const { remove, add } = this.#distributions();
    const numerical = Math.max(remove.epsilonFor(delta), add.epsilonFor(delta));
    return Math.min(numerical, this.#pure?.epsilonFor({ delta }) ?? Infinity);
  }

  deltaFor(options: { epsilon: number }): number {
    const epsilon = checkFinite('epsilon', options.epsilon, { minimum: 0 });
    const { remove, add } = this.#distributions();
    const numerical = Math.max(remove.deltaFor(epsilon), add.deltaFor(epsilon));
    return Math.min(numerical, this.#pure?.deltaFor({ epsilon }) ?? 1);
  }

  /** Composed on first use and kept, since events never change. */
  #distributions(): LossPair {
    if (this.#composed !== null) return this.#composed;
    const interval = this.#interval ?? chooseInterval([...this.#counts.values()]);
    let remove = LossDistribution.identity(interval);
    let add = remove;
    for (const { event, count } of this.#counts.values()) {
      const pair = pairOfEvent(event, interval);
      const isSymmetric = pair.add === pair.remove && add === remove;
      const powered = pair.remove.power(count);
      remove = remove.compose(powered);
      add = isSymmetric ? remove : add.compose(pair.add === pair.remove ? powered : pair.add.power(count));
    }
    this.#composed = { remove, add };
    return this.#composed;
  }
}

/**
 * Connecting the dots adds at most interval^2 / 8 to the mean loss of each of n releases: bounded here to 1e-4 of the
 * total's deviation, which a coarse grid tells well enough. Rounded down to 1, 2 or 5 times a power of ten, so that the
 * losses of round parameters fall on the grid.
 */
function chooseInterval(parts: readonly { readonly event: SimpleEvent; readonly count: number }[]): number {
  let variance = 0;
  let count = 0;
  let widest = 0;
  for (const part of parts) {
    const { remove } = pairOfEvent(part.event, COARSE_INTERVAL);
    variance += part.count * remove.variance();
    count += part.count;
    widest = Math.max(widest, remove.masses.length * COARSE_INTERVAL);
  }
  const deviation = Math.max(Math.sqrt(variance), MIN_INTERVAL);
  const wanted = Math.min(deviation / 500, Math.sqrt((8e-4 * deviation) / Math.max(1, count)), COARSE_INTERVAL);
  // One event's losses are to fit a grid of a million points, whatever the total's deviation.
  const target = Math.max(wanted, Math.min(widest / MAX_EVENT_POINTS, COARSE_INTERVAL), MIN_INTERVAL);
  const power = 10 ** Math.floor(Math.log10(target));
  return power * (target >= 5 * power ? 5 : target >= 2 * power ? 2 : 1);
}
