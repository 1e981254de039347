import { describe, expect, it } from 'vitest';
import { divideRationals, formatRational, parseRational } from '../rational.ts';
import type { DpEvent } from './dp-event.ts';
import { renyiDivergence } from './renyi.ts';
import { priceEvent } from './renyi-filter.ts';

/** Kind, its bound on the loss, order, and the divergence computed with sixty digits and rounded down to twelve; the discrete Laplace has sensitivity 2. */
const EXACT: readonly [kind: string, loss: string, order: number, divergence: number][] = [
  ['pure', '0.000000001', 2, 1e-18],
  ['boundedRange', '0.000000001', 2, 2.5e-19],
  ['laplace', '0.000000001', 2, 9.999999996666e-19],
  ['discreteLaplace', '0.000000001', 2, 9.9999999975e-19],
  ['pure', '0.000000001', 4, 2e-18],
  ['boundedRange', '0.000000001', 4, 5e-19],
  ['laplace', '0.000000001', 4, 1.999999999333e-18],
  ['discreteLaplace', '0.000000001', 4, 1.9999999995e-18],
  ['pure', '0.000000001', 256, 1.279999999999e-16],
  ['boundedRange', '0.000000001', 256, 3.199999999999e-17],
  ['laplace', '0.000000001', 256, 1.279999999573e-16],
  ['discreteLaplace', '0.000000001', 256, 1.279999999679e-16],
  ['pure', '0.00001', 2, 9.999999999583e-11],
  ['boundedRange', '0.00001', 2, 2.499999999989e-11],
  ['laplace', '0.00001', 2, 9.999966666416e-11],
  ['discreteLaplace', '0.00001', 2, 9.999974999708e-11],
  ['pure', '0.00001', 4, 1.999999999583e-10],
  ['boundedRange', '0.00001', 4, 4.999999999909e-11],
  ['laplace', '0.00001', 4, 1.99999333295e-10],
  ['discreteLaplace', '0.00001', 4, 1.999994999608e-10],
  ['pure', '0.00001', 256, 1.279998607351e-8],
  ['boundedRange', '0.00001', 256, 3.199999709862e-9],
  ['laplace', '0.00001', 256, 1.279994340717e-8],
  ['discreteLaplace', '0.00001', 256, 1.279995407376e-8],
  ['pure', '1000', 2, 1000.0],
  ['boundedRange', '1000', 2, 998.6137056388],
  ['laplace', '1000', 2, 999.5945348918],
  ['discreteLaplace', '1000', 2, 1000.0],
  ['pure', '1000', 4, 1000.0],
  ['boundedRange', '1000', 4, 999.2502198071],
  ['laplace', '1000', 4, 999.813461404],
  ['discreteLaplace', '1000', 4, 1000.0],
  ['pure', '1000', 256, 1000.0],
  ['boundedRange', '1000', 256, 999.9743403067],
  ['laplace', '1000', 256, 999.9972894425],
  ['discreteLaplace', '1000', 256, 1000.0],
];

function eventOf(kind: string, loss: string): DpEvent {
  if (kind === 'pure' || kind === 'boundedRange') return { kind, epsilon: loss };
  const sensitivity = kind === 'laplace' ? 1 : 2;
  const scale = formatRational(divideRationals(parseRational('loss', sensitivity), parseRational('loss', loss)));
  return kind === 'laplace' ? { kind, scale, sensitivity: '1' } : { kind: 'discreteLaplace', scale, sensitivity };
}

describe('Renyi curves of bounded losses', () => {
  it('are never below the exact value, and close to it, from the smallest losses to the largest', () => {
    for (const [kind, loss, order, exact] of EXACT) {
      const curve = renyiDivergence(eventOf(kind, loss), order);
      expect(curve, `${kind} ${loss} ${order}`).toBeGreaterThanOrEqual(exact);
      expect(curve, `${kind} ${loss} ${order}`).toBeLessThan(exact * (1 + 1e-3));
    }
  });

  it('cost a filter something, however small or large the loss', () => {
    for (const kind of ['pure', 'boundedRange', 'laplace', 'discreteLaplace']) {
      for (const loss of ['1/1000000000000', '3/1000000000', '1/7', '746', '1000', '1000000000000']) {
        const [one, most] = [1, 2 ** 40].map(
          (count) =>
            priceEvent({ event: { kind: 'composed', parts: [{ event: eventOf(kind, loss), count }] }, order: 4 })
              .lossUnits,
        );
        expect(one, `${kind} ${loss}`).toBeGreaterThan(0n);
        expect(most).toBe(one! * 2n ** 40n);
      }
    }
  });

  it('of randomised response keep the digits of a noise close to 1', () => {
    // Loss log(1 + 2 (1 - p) / p) with 1 - p = 1e-12: divergence 2 loss^2 up to its fourth power, at order 4.
    const curve = renyiDivergence({ kind: 'randomizedResponse', noise: '0.999999999999', buckets: 2 }, 4);
    expect(curve).toBeGreaterThanOrEqual(2 * 2e-12 ** 2);
    expect(curve).toBeLessThan(2 * 2e-12 ** 2 * (1 + 1e-9));
  });

  it('refuse counts past those that a double tells apart', () => {
    const event: DpEvent = { kind: 'pure', epsilon: '1' };
    const parts = [
      { event, count: 2 ** 40 },
      { event, count: 1 },
    ];
    expect(() => priceEvent({ event: { kind: 'composed', parts }, order: 4 })).toThrow(/^count/);
  });
});
