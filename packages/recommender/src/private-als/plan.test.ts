import { PrivacyParameterError, RenyiAccountant } from '@sotto/privacy';
import { describe, expect, it } from 'vitest';
import { InvalidHyperparameters } from '../trainer.ts';
import { type PrivateAlsPlan, planPrivateAls, readPlannedVariances } from './plan.ts';

const base = { delta: '0.000001', itemCount: 100 };
const plan = planPrivateAls({ ...base, epsilon: '1' });

describe('planPrivateAls', () => {
  it('costs the planned epsilon, however many releases it is spread over', () => {
    for (const iterations of [1, 3, 20]) {
      for (const epsilon of ['0.25', '1', '4']) {
        const { event, noiseScale } = planPrivateAls({ ...base, epsilon, hyperparameters: { iterations } });
        if (event.kind !== 'composed') throw new Error('Several releases are a composition.');
        const precision = event.parts.reduce((sum, { event: part, count }) => {
          if (part.kind !== 'discreteGaussian') throw new Error('Each release is Gaussian.');
          return sum + (count * Number(part.sensitivitySquared)) / Number(part.variance);
        }, 0);
        // As one Gaussian of the planned scale: never more precise, and less by rounding alone.
        expect(precision).toBeLessThanOrEqual(noiseScale ** -2);
        expect(precision).toBeGreaterThan(noiseScale ** -2 * (1 - 1e-6));
        // Renyi's conversion is looser than the exact curve, by less than a tenth.
        const bound = new RenyiAccountant().compose(event).epsilonFor({ delta: 1e-6 });
        expect(bound / Number(epsilon)).toBeGreaterThan(1);
        expect(bound / Number(epsilon)).toBeLessThan(1.1);
      }
    }
  });

  it('has the noise of the published curve', () => {
    expect(plan.noiseScale).toBeCloseTo(4.2247, 3);
  });

  it('is plain JSON, and a function of its parameters', () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(planPrivateAls({ ...base, epsilon: '1' })).toEqual(plan);
  });

  it('spreads more noise over fewer releases', () => {
    const iterations = ['0.1', '1', '4', '16'].map((epsilon) => planPrivateAls({ ...base, epsilon }).iterations);
    expect(iterations).toEqual(iterations.toSorted((left, right) => left - right));
    expect(iterations[0]).toBeLessThan(iterations[3]!);
  });

  it('names what it refuses', () => {
    for (const [parameter, changed] of Object.entries({
      epsilon: { epsilon: '0' },
      delta: { delta: '1' },
      itemCount: { itemCount: 0 },
    })) {
      const refuse = () => planPrivateAls({ ...base, epsilon: '1', ...changed });
      expect(refuse).toThrow(PrivacyParameterError);
      expect(refuse).toThrow(parameter);
    }
    // More noise than can be drawn is found out before anything is charged.
    expect(() => planPrivateAls({ ...base, epsilon: '0.001' })).toThrow(
      expect.objectContaining({ name: 'PrivacyParameterError', parameter: 'epsilon' }),
    );
    for (const hyperparameters of [{ rank: 12 }, { iterations: 21 }, { depth: 1 }]) {
      expect(() => planPrivateAls({ ...base, epsilon: '1', hyperparameters })).toThrow(InvalidHyperparameters);
    }
  });
});

describe('a plan of what was charged', () => {
  const [popularity, recent, sums] = plan.event.kind === 'composed' ? plan.event.parts : [];
  const charge = (...parts: (typeof popularity)[]) =>
    ({ kind: 'composed', parts: parts.filter((part) => part !== undefined) }) as const;

  it('draws the noise that was charged, whatever it would be today', () => {
    const changed = { ...sums!, event: { ...sums!.event, variance: '123456789012345' } };
    const charged = charge(popularity, recent, changed as typeof sums);
    const planned = planPrivateAls({ ...base, epsilon: '1', charged });
    expect(planned.event).toEqual(charged);
    expect(readPlannedVariances(planned).itemSums).toBe(123456789012345n);
  });

  it('refuses what was charged for other releases', () => {
    for (const charged of [
      charge(popularity, sums),
      charge(popularity, recent, { ...sums!, count: sums!.count + 1 }),
      charge(sums, recent, popularity),
    ]) {
      expect(() => planPrivateAls({ ...base, epsilon: '1', charged })).toThrow(
        expect.objectContaining({ name: 'PrivacyParameterError', parameter: 'event' }),
      );
    }
  });
});

describe('readPlannedVariances', () => {
  it('reads the noise off the event that was charged', () => {
    const { popularity, recentInterest, itemSums } = readPlannedVariances(plan);
    // Popularity gets 8 percent of rho, recent interest 4, each of three releases a third of the rest: of sensitivities
    // 2^10, 2^16 and 2^20.
    expect(Number(popularity) / 2 ** 20).toBeCloseTo(plan.noiseScale ** 2 / 0.08, 3);
    expect(Number(recentInterest) / 2 ** 32).toBeCloseTo(plan.noiseScale ** 2 / 0.04, 3);
    expect(Number(itemSums) / 2 ** 40).toBeCloseTo((3 * plan.noiseScale ** 2) / 0.88, 3);
  });

  it('refuses a plan that would draw oftener than was charged', () => {
    const parts = plan.event.kind === 'composed' ? plan.event.parts : [];
    const tampered: readonly PrivateAlsPlan[] = [
      { ...plan, iterations: plan.iterations + 1 },
      { ...plan, event: { kind: 'gaussian', noiseMultiplier: '4.3' } },
      { ...plan, event: { kind: 'composed', parts: [] } },
      // Recent interest in the units of popularity would have a 2^12th of the noise that was paid for.
      { ...plan, event: { kind: 'composed', parts: [parts[0]!, parts[0]!, parts[2]!] } },
      { ...plan, event: { kind: 'composed', parts: [parts[0]!, parts[2]!] } },
    ];
    for (const each of tampered) expect(() => readPlannedVariances(each)).toThrow(PrivacyParameterError);
  });
});
