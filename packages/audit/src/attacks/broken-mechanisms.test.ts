import { randomInt } from 'node:crypto';
import { DiscreteGaussian, DiscreteLaplace, type DpEvent } from '@sotto/privacy';
import { describe, expect, it } from 'vitest';
import type { Attack } from '../attack.ts';
import { runAudit } from '../audit.ts';
import { membershipAttack, type Observation } from '../membership.ts';
import { MAX_ROWS, ROW_FALSE_ALARM } from '../odds.ts';
import { latticeAttack } from './lattice-leak.ts';
import { MECHANISM_CANARIES } from './mechanism-canaries.ts';
import { MECHANISM_LATTICES } from './mechanism-lattices.ts';
import { gaussianSampler, laplaceSampler, SAMPLER_FITS, samplerFitAttack } from './sampler-fit.ts';

/** Seconds where nothing else runs; many repetitions share the machine with other tests. */
const LONGEST_MS = 120_000;

/** The noise that the claims below are about, and the one that the broken mechanisms draw. */
const laplaceClaim: DpEvent = { kind: 'discreteLaplace', scale: '2', sensitivity: 2 };
const gaussianClaim: DpEvent = {
  kind: 'discreteGaussian',
  variance: '100',
  sensitivitySquared: '16',
  dimensions: 'one',
};
const laplace = new DiscreteLaplace({ scale: 2 });
const halfLaplace = new DiscreteLaplace({ scale: 1 });
const halfGaussian = new DiscreteGaussian({ variance: 25 });
const clip = (value: number) => Math.max(-6, Math.min(6, value));
const runs = { quick: 20_000, full: 20_000 };

async function attackOnce(attack: Attack) {
  const [finding] = await runAudit({ attacks: [attack], size: 'quick' });
  return finding!;
}

/** Standard normal by the sum of 12 uniforms: what a hurried programmer rounds. */
function drawRounded(deviation: number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += randomInt(2 ** 32) / 2 ** 32;
  return sum * deviation;
}

describe('the audit', { timeout: LONGEST_MS }, () => {
  // Odds: 5 fits and 15 estimates of 5e-8 each, together 1e-6. Lattices cannot fail by chance.
  it('passes the mechanisms of packages/privacy', async () => {
    const attacks = [...SAMPLER_FITS, ...MECHANISM_LATTICES, ...MECHANISM_CANARIES];
    const findings = await runAudit({ attacks, size: 'quick' });
    expect(findings.filter(({ passed }) => !passed)).toEqual([]);
    expect(findings).toHaveLength(attacks.length);
    for (const { claimedEpsilon } of findings.filter(({ attack }) => attack === 'membership-inference')) {
      expect(claimedEpsilon).toBeGreaterThan(0);
    }
  });

  it('grants itself odds below one in a hundred thousand', () => {
    expect(MAX_ROWS * ROW_FALSE_ALARM).toBeLessThan(1e-5);
  });

  it('ends where it is told to', async () => {
    const stop = new AbortController();
    const audit = runAudit({ attacks: SAMPLER_FITS, size: 'full', signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(audit).rejects.toThrow('enough');
  });
});

// Faults that others shipped. What each shows is at least five deviations over its claim.
describe('membership inference catches', () => {
  const faults: Record<string, (hasCanary: boolean) => Observation> = {
    'half the Laplace noise': (hasCanary) => ({
      seen: [clip(Number(halfLaplace.draw()) + (hasCanary ? 2 : 0))],
      event: laplaceClaim,
    }),
    'half the Gaussian noise': (hasCanary) => ({
      seen: [Number(halfGaussian.draw()) + (hasCanary ? 4 : 0)],
      event: gaussianClaim,
    }),
    'no noise on an empty count': (hasCanary) => ({
      seen: [hasCanary ? clip(Number(laplace.draw()) + 2) : 0],
      event: laplaceClaim,
    }),
    'keys that are listed without a threshold': (hasCanary) => ({
      seen: [hasCanary ? `rare ${clip(Number(laplace.draw()))}` : ''],
      event: laplaceClaim,
    }),
    'a bound that is not enforced': (hasCanary) => ({
      seen: [clip(Number(laplace.draw()) + (hasCanary ? 6 : 0))],
      event: laplaceClaim,
    }),
    'noise that is drawn once and kept': (hasCanary) => ({ seen: [3 + (hasCanary ? 2 : 0)], event: laplaceClaim }),
  };
  for (const [name, observe] of Object.entries(faults)) {
    it(name, async () => {
      const delta = name.includes('Gaussian') ? 1e-6 : 0;
      const finding = await attackOnce(membershipAttack({ target: name, runs, delta, observe }));
      expect(finding).toMatchObject({ attack: 'membership-inference', target: name, passed: false });
      expect(finding.empiricalEpsilonLower).toBeGreaterThan(finding.claimedEpsilon!);
    });
  }

  it('a price that depends on the data', async () => {
    const observe = (hasCanary: boolean): Observation => ({
      seen: [Number(laplace.draw())],
      event: { ...laplaceClaim, scale: hasCanary ? '3' : '2' },
    });
    const finding = await attackOnce(membershipAttack({ target: 'count', runs: { quick: 10, full: 10 }, observe }));
    expect(finding).toMatchObject({ passed: false, target: 'count: price depends on data' });
  });

  it('nobody unawares: a claim that promises nothing is an error', async () => {
    const observe = (): Observation => ({ seen: [0], event: { kind: 'ownDelta', delta: '0.5' } });
    const attack = membershipAttack({ target: 'nothing', runs: { quick: 10, full: 10 }, observe });
    await expect(attackOnce(attack)).rejects.toThrow('promises nothing');
  });

  it('canaries in groups, without accusing honest noise', async () => {
    // Nine canaries on one entry move it nine times as far; a factor of 9 takes that back.
    const honest = new DiscreteGaussian({ variance: 100 });
    const observe = (hasCanary: boolean): Observation => ({
      seen: [Number(honest.draw()) + (hasCanary ? 36 : 0)],
      event: gaussianClaim,
    });
    const target = { target: 'group', runs: { quick: 2_000, full: 2_000 }, observe };
    expect(await attackOnce(membershipAttack({ ...target, groupFactor: 9 }))).toMatchObject({ passed: true });
    expect(await attackOnce(membershipAttack({ ...target, groupFactor: 3 }))).toMatchObject({ passed: false });
  });
});

describe('the sampler fit catches', () => {
  it('half the noise', async () => {
    const target = gaussianSampler('half', 100, () => halfGaussian.draw());
    expect((await attackOnce(samplerFitAttack(target))).passed).toBe(false);
  });

  it('a rounded continuous Gaussian', async () => {
    const target = gaussianSampler('rounded', 1, () => Math.round(drawRounded(1)));
    expect((await attackOnce(samplerFitAttack(target))).passed).toBe(false);
  });

  it('a zero that comes up twice as often, since it has two signs', async () => {
    const target = laplaceSampler('two zeros', 2, () => {
      const magnitude = Math.abs(Number(laplace.draw()));
      return randomInt(6) === 0 ? 0 : randomInt(2) === 0 ? magnitude : -magnitude;
    });
    expect((await attackOnce(samplerFitAttack(target))).passed).toBe(false);
  });
});

describe('the lattice attack catches', () => {
  it('noise in floating point', async () => {
    const finding = await attackOnce(
      latticeAttack({ target: 'float', step: 1, release: (exact) => [exact + drawRounded(2)] }),
    );
    expect(finding).toMatchObject({ attack: 'lattice-leak', passed: false });
  });

  it('a release without values', async () => {
    expect((await attackOnce(latticeAttack({ target: 'empty', step: 1, release: () => [] }))).passed).toBe(false);
  });
});
