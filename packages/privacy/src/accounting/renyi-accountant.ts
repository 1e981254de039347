import { checkBound, checkDelta, checkFinite, PrivacyParameterError } from '../checks.ts';
import type { Accountant } from './accountant.ts';
import { renyiToDelta, renyiToEpsilon } from './conversion.ts';
import { checkEvent, type DpEvent } from './dp-event.ts';
import { hasRenyiBound, ownDelta, RENYI_ORDERS, renyiDivergence } from './renyi.ts';
import { roundUp } from './rounding.ts';

/**
 * Renyi composition on a fixed grid of orders (Mironov 2017): the curves add up, and the best order is chosen when an
 * epsilon is asked for. That choice is sound for events fixed in advance, which is what reports are about; a budget that
 * decides as it goes uses the filter at one order instead.
 */
export class RenyiAccountant implements Accountant {
  readonly name = 'renyi';
  readonly orders: readonly number[];
  readonly #curve: readonly number[];
  readonly #delta: number;

  constructor(options: { orders?: readonly number[] } = {}, curve?: readonly number[], delta = 0) {
    this.orders = options.orders ?? RENYI_ORDERS;
    if (this.orders.length === 0 || !this.orders.every((order) => order > 1 && Number.isFinite(order))) {
      throw new PrivacyParameterError('orders', 'must be finite numbers above 1');
    }
    this.#curve = curve ?? this.orders.map(() => 0);
    this.#delta = delta;
  }

  /** The Renyi divergence at each of `orders`, in nats. */
  get curve(): readonly number[] {
    return this.#curve;
  }

  supports(event: DpEvent): boolean {
    return hasRenyiBound(event);
  }

  compose(event: DpEvent, count = 1): RenyiAccountant {
    checkBound('count', count);
    checkEvent(event);
    const curve = this.orders.map((order, index) =>
      roundUp(this.#curve[index]! + count * renyiDivergence(event, order)),
    );
    return new RenyiAccountant({ orders: this.orders }, curve, roundUp(this.#delta + count * ownDelta(event)));
  }

  /** As `epsilonFor`, with the order that gave it. */
  bestOrderFor(options: { delta: number }): { epsilon: number; order: number } {
    const delta = checkDelta('delta', options.delta) - this.#delta;
    let best = { epsilon: Infinity, order: this.orders[0]! };
    if (delta < 0) return best;
    for (const [index, order] of this.orders.entries()) {
      const epsilon = renyiToEpsilon({ divergence: this.#curve[index]!, order, delta });
      if (epsilon < best.epsilon) best = { epsilon, order };
    }
    return best;
  }

  epsilonFor(options: { delta: number }): number {
    return this.bestOrderFor(options).epsilon;
  }

  deltaFor(options: { epsilon: number }): number {
    const epsilon = checkFinite('epsilon', options.epsilon, { minimum: 0 });
    let best = 1;
    for (const [index, order] of this.orders.entries()) {
      best = Math.min(best, renyiToDelta({ divergence: this.#curve[index]!, order, epsilon }));
    }
    return Math.min(1, best + this.#delta);
  }
}
