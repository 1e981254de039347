import { describe, expect, it } from 'vitest';
import type { Accountant } from '../accounting/accountant.ts';
import type { DpEvent } from '../accounting/dp-event.ts';

/**
 * What every accountant must do, whatever its method.
 *
 * @param options.supported events that the accountant has bounds for, at least two different ones
 * @param options.unsupported an event that it refuses
 * @param options.exactDelta a known true delta of one event, which no bound may undercut
 */
export function describeAccountant(options: {
  create: () => Accountant;
  supported: readonly [DpEvent, DpEvent, ...DpEvent[]];
  unsupported: DpEvent;
  exactDelta: { event: DpEvent; epsilon: number; delta: number }[];
}): void {
  const { create, supported, unsupported, exactDelta } = options;
  const [first, second] = supported;
  const deltas = [1e-3, 1e-5, 1e-7];
  const epsilons = [0.1, 1, 4];

  describe(`${create().name} accountant`, () => {
    it('charges nothing for nothing', () => {
      expect(create().epsilonFor({ delta: 0 })).toBe(0);
      expect(create().epsilonFor({ delta: 1e-6 })).toBe(0);
      expect(create().deltaFor({ epsilon: 0 })).toBeLessThan(1e-12);
    });

    it('leaves itself unchanged when composing', () => {
      const before = create().compose(first);
      const epsilon = before.epsilonFor({ delta: 1e-5 });
      before.compose(second);
      expect(before.epsilonFor({ delta: 1e-5 })).toBe(epsilon);
    });

    it('charges each event more than none, and every supported kind', () => {
      for (const event of supported) {
        expect(create().supports(event)).toBe(true);
        expect(create().compose(event).deltaFor({ epsilon: 0 })).toBeGreaterThan(0);
      }
    });

    it('gives the same for a count, a repetition and a composed event', () => {
      for (const delta of deltas) {
        const counted = create().compose(first, 3).epsilonFor({ delta });
        const repeated = create().compose(first).compose(first).compose(first).epsilonFor({ delta });
        const composed = create()
          .compose({ kind: 'composed', parts: [{ event: first, count: 3 }] })
          .epsilonFor({ delta });
        if (counted === Infinity) expect([repeated, composed]).toEqual([Infinity, Infinity]);
        else for (const other of [repeated, composed]) expect(other / counted).toBeCloseTo(1, 6);
      }
    });

    it('does not depend on the order of events', () => {
      for (const epsilon of epsilons) {
        const forth = create().compose(first).compose(second).deltaFor({ epsilon });
        const back = create().compose(second).compose(first).deltaFor({ epsilon });
        expect(forth).toBeCloseTo(back, 9);
      }
    });

    it('never falls with more events, a smaller delta or a smaller epsilon', () => {
      const one = create().compose(first);
      const two = one.compose(second);
      for (const delta of deltas) expect(two.epsilonFor({ delta })).toBeGreaterThanOrEqual(one.epsilonFor({ delta }));
      for (const epsilon of epsilons) {
        expect(two.deltaFor({ epsilon })).toBeGreaterThanOrEqual(one.deltaFor({ epsilon }) * (1 - 1e-9));
      }
      for (const accountant of [one, two]) {
        const byDelta = deltas.map((delta) => accountant.epsilonFor({ delta }));
        const byEpsilon = epsilons.map((epsilon) => accountant.deltaFor({ epsilon }));
        expect(byDelta).toEqual([...byDelta].sort((a, b) => a - b));
        expect(byEpsilon).toEqual([...byEpsilon].sort((a, b) => b - a));
      }
    });

    it('keeps its own promise: delta at the epsilon for a delta is at most that delta', () => {
      const accountant = create().compose(first).compose(second);
      for (const delta of deltas) {
        const epsilon = accountant.epsilonFor({ delta });
        if (epsilon === Infinity) continue;
        expect(accountant.deltaFor({ epsilon: epsilon * (1 + 1e-9) })).toBeLessThanOrEqual(delta * (1 + 1e-6));
      }
    });

    it('never promises less than the true loss', () => {
      for (const { event, epsilon, delta } of exactDelta) {
        expect(create().compose(event).deltaFor({ epsilon })).toBeGreaterThanOrEqual(delta * (1 - 1e-12));
      }
    });

    it('refuses an event without a bound', () => {
      expect(create().supports(unsupported)).toBe(false);
      expect(() => create().compose(unsupported)).toThrow(/no bound/);
    });

    it('refuses bad questions by name', () => {
      expect(() => create().epsilonFor({ delta: Number.NaN })).toThrow(/^delta/);
      expect(() => create().epsilonFor({ delta: 1 })).toThrow(/^delta/);
      expect(() => create().deltaFor({ epsilon: -1 })).toThrow(/^epsilon/);
      expect(() => create().compose(first, 0)).toThrow(/^count/);
      expect(() => create().compose({ kind: 'gaussian', noiseMultiplier: '0' })).toThrow(/^noiseMultiplier/);
    });

    it('adds a delta of its own to an event', () => {
      const own: DpEvent = { kind: 'ownDelta', delta: '0.0001' };
      const plain = create().compose(first);
      const withOwn = plain.compose(own);
      expect(withOwn.epsilonFor({ delta: 1e-5 })).toBe(Infinity);
      expect(withOwn.deltaFor({ epsilon: 1 })).toBeGreaterThanOrEqual(1e-4);
      expect(withOwn.deltaFor({ epsilon: 1 })).toBeLessThanOrEqual(plain.deltaFor({ epsilon: 1 }) + 1.001e-4);
    });
  });
}
