import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrivacyParameterError } from '../checks.ts';
import { formatRational, rationalToDouble } from '../rational.ts';
import { smallestNoise } from './calibration.ts';
import { checkEvent, composeEvents, type DpEvent, flattenEvent, treeHeight } from './dp-event.ts';
import { PureAccountant } from './pure-accountant.ts';
import { RenyiAccountant } from './renyi-accountant.ts';

/** One event of every stored kind. A kind may be added here; changing or removing one would change what ledgers say. */
const kinds: readonly DpEvent[] = [
  { kind: 'gaussian', noiseMultiplier: '3/2' },
  { kind: 'discreteGaussian', variance: '10', sensitivitySquared: '3', dimensions: 'many' },
  { kind: 'laplace', scale: '2', sensitivity: '0.5' },
  { kind: 'discreteLaplace', scale: '7/3', sensitivity: 2 },
  { kind: 'pure', epsilon: '0.1' },
  { kind: 'boundedRange', epsilon: '1' },
  { kind: 'zeroConcentrated', rho: '0.01' },
  { kind: 'approximate', epsilon: '1', delta: '0.00001' },
  { kind: 'ownDelta', delta: '0.00000001' },
  { kind: 'randomizedResponse', noise: '1/3', buckets: 5 },
  { kind: 'poissonSampled', probability: '0.01', event: { kind: 'gaussian', noiseMultiplier: '1' } },
  { kind: 'treeAggregation', noiseMultiplier: '10', steps: 100 },
];

describe('DpEvent', () => {
  it('survives JSON, alone and composed', () => {
    const whole = composeEvents(...kinds, { event: kinds[0]!, count: 3 });
    for (const event of [...kinds, whole]) {
      const stored: unknown = JSON.parse(JSON.stringify(event));
      expect(checkEvent(stored)).toEqual(event);
    }
    expect(flattenEvent(whole)).toHaveLength(kinds.length);
    expect(flattenEvent(whole)[0]).toEqual({ event: kinds[0], count: 4 });
  });

  it('is refused with any parameter missing, zero, negative or not a number, by its name', () => {
    for (const event of kinds) {
      for (const parameter of Object.keys(event).filter((key) => key !== 'kind' && key !== 'event')) {
        for (const bad of [undefined, null, '-1', 'NaN', -1, Number.NaN, 0.5]) {
          let error: unknown;
          try {
            checkEvent({ ...event, [parameter]: bad });
          } catch (caught) {
            error = caught;
          }
          expect(error, `${event.kind}.${parameter}`).toBeInstanceOf(PrivacyParameterError);
          expect((error as PrivacyParameterError).parameter).toBe(parameter);
        }
      }
    }
    for (const bad of [null, 3, {}, { kind: 'free' }, { kind: 'composed' }]) {
      expect(() => checkEvent(bad)).toThrow(PrivacyParameterError);
    }
    let nested: DpEvent = kinds[0]!;
    for (let depth = 0; depth < 20; depth++) nested = { kind: 'composed', parts: [{ event: nested, count: 1 }] };
    expect(() => checkEvent(nested)).toThrow(/nested/);
  });

  it('counts the tree nodes that one step is added to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (steps) => {
        const height = treeHeight(steps);
        expect(2 ** height > steps && 2 ** (height - 1) <= steps).toBe(true);
      }),
    );
  });
});

describe('calibration', () => {
  it('finds the smallest noise: enough, and a little less is not', () => {
    const eventFor = (noise: { numerator: bigint; denominator: bigint }): DpEvent => ({
      kind: 'gaussian',
      noiseMultiplier: formatRational(noise),
    });
    const base = new RenyiAccountant().compose({ kind: 'pure', epsilon: '0.5' });
    const noise = smallestNoise({ accountant: base, eventFor, epsilon: 2, delta: 1e-6, relativeTolerance: 1e-5 });
    expect(base.compose(eventFor(noise)).deltaFor({ epsilon: 2 })).toBeLessThanOrEqual(1e-6);
    const less = formatRational({ ...noise, numerator: (noise.numerator * 9999n) / 10_000n });
    expect(base.compose({ kind: 'gaussian', noiseMultiplier: less }).deltaFor({ epsilon: 2 })).toBeGreaterThan(1e-6);
    expect(rationalToDouble(noise)).toBeGreaterThan(1);
  });

  it('refuses a target that no noise reaches', () => {
    const accountant = new PureAccountant().compose({ kind: 'pure', epsilon: '1' });
    const eventFor = (scale: { numerator: bigint; denominator: bigint }): DpEvent => ({
      kind: 'laplace',
      scale: formatRational(scale),
      sensitivity: '1',
    });
    expect(() => smallestNoise({ accountant, eventFor, epsilon: 0.5, delta: 0 })).toThrow(/^epsilon/);
  });
});
