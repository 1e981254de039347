import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeroConcentratedToEpsilon } from './conversion.ts';
import type { DpEvent } from './dp-event.ts';
import { renyiDivergence } from './renyi.ts';
import { canAdmit, openRenyiFilter, priceEvent, spentEpsilon } from './renyi-filter.ts';

const nothing = { lossUnits: 0n, deltaUnits: 0n };

describe('Renyi filter', () => {
  it('opens at order 4 for (10, 1e-6), where about 50 Gaussians of sigma 4.22 fit', () => {
    const filter = openRenyiFilter({ epsilon: '10', delta: '0.000001' });
    expect(filter.order).toBe(4);
    const cost = priceEvent({ event: { kind: 'gaussian', noiseMultiplier: '4.22' }, order: filter.order });
    let spent = nothing;
    let admitted = 0;
    while (canAdmit({ filter, spent, cost })) {
      spent = { lossUnits: spent.lossUnits + cost.lossUnits, deltaUnits: 0n };
      admitted++;
    }
    expect(admitted).toBe(52);
    expect(spentEpsilon({ filter, spent })).toBeLessThanOrEqual(10);
  });

  it('admits exactly ten events that cost a tenth of the cap', () => {
    const filter = { order: 4, capUnits: 1000n, deltaCapUnits: 0n };
    const cost = { lossUnits: 100n, deltaUnits: 0n };
    expect(canAdmit({ filter, spent: { lossUnits: 900n, deltaUnits: 0n }, cost })).toBe(true);
    expect(canAdmit({ filter, spent: { lossUnits: 901n, deltaUnits: 0n }, cost })).toBe(false);
  });

  it('keeps own deltas in an account of their own', () => {
    const filter = openRenyiFilter({ epsilon: '10', delta: '0.000001' });
    const keys: DpEvent = { kind: 'ownDelta', delta: '0.00000001' };
    const cost = priceEvent({ event: { kind: 'composed', parts: [{ event: keys, count: 50 }] }, order: 4 });
    expect(cost.lossUnits).toBe(0n);
    // 50 of 1e-8 are half of 1e-6 exactly; rounding each up and the cap down leaves room for 49.
    expect(canAdmit({ filter, spent: nothing, cost })).toBe(false);
    const fewer = priceEvent({ event: { kind: 'composed', parts: [{ event: keys, count: 49 }] }, order: 4 });
    expect(canAdmit({ filter, spent: nothing, cost: fewer })).toBe(true);
  });

  it('rounds every cost up to whole units', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 2, max: 64 }),
        (n, d, order) => {
          for (const event of [
            { kind: 'gaussian', noiseMultiplier: `${n}/${d}` },
            { kind: 'laplace', scale: `${n}/${d}`, sensitivity: '1' },
            { kind: 'boundedRange', epsilon: `${d}/${n}` },
          ] as DpEvent[]) {
            const units = Number(priceEvent({ event, order }).lossUnits);
            const exact = renyiDivergence(event, order) * 2 ** 40;
            expect(units).toBeGreaterThanOrEqual(exact * (1 - 1e-11));
            expect(units).toBeLessThan(exact * (1 + 1e-11) + 2);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses a budget too small for its delta, and bad parameters by name', () => {
    expect(() => openRenyiFilter({ epsilon: '0.0001', delta: '0.000000001' })).toThrow(/^epsilon/);
    expect(() => openRenyiFilter({ epsilon: '0', delta: '0.000001' })).toThrow(/^epsilon/);
    expect(() => openRenyiFilter({ epsilon: '1', delta: '1' })).toThrow(/^delta/);
    expect(() => openRenyiFilter({ epsilon: '1', delta: '0.1', order: 1 })).toThrow(/^order/);
    expect(() => priceEvent({ event: { kind: 'free' } as never, order: 4 })).toThrow(/^kind/);
  });
});

it('bounds two accounts of one person: distance doubles, so rho is four times as much', () => {
  const { order, capUnits } = openRenyiFilter({ epsilon: '10', delta: '0.000001' });
  const rho = Number(capUnits) / 2 ** 40 / order;
  expect(zeroConcentratedToEpsilon({ rho, delta: 5e-7 })).toBeLessThanOrEqual(10);
  expect(zeroConcentratedToEpsilon({ rho: 4 * rho, delta: 5e-7 })).toBeCloseTo(23.334, 3);
});
