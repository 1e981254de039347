import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { smallestGaussianSigma } from '../accounting/analytic-gaussian.ts';
import { normalCdf } from '../accounting/special-functions.ts';
import { rationalFromDouble, rationalToDouble, roundUpToBits } from '../rational.ts';
import { closenessMargin, isClose, isOnLattice } from '../testing/goodness-of-fit.ts';
import { FALSE_ALARMS, SINGLE_FALSE_ALARM } from '../testing/odds.ts';
import { discreteGaussianProbabilities, discreteLaplaceProbability } from '../testing/probabilities.ts';
import { withSeededRandom } from '../testing/seeded-random.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { DiscreteLaplace } from './discrete-laplace.ts';
import { addNoiseTo, type NoiseDistribution } from './noise.ts';

/**
 * The distribution closeness cases of google/differential-privacy: a million draws a vote, their l2 tolerances, a majority of
 * votes. Theirs compare two samples, which is why they need nine votes; against exact probabilities the statistic deviates
 * half as much, so the number of votes is the smallest that keeps a case's false alarm below 1e-7, at most nine, and voting
 * stops once decided. Cases of the same scale on the lattice share their draws.
 */
interface Case {
  name: string;
  variance: number;
  l2Tolerance: number;
  granularity: number;
  samples: number;
  l0: number;
  lInf: number;
  epsilon: number;
  delta?: number;
  rawInput: number;
}

const SHAPES = ['laplace', 'gaussian'] as const;
type Shape = (typeof SHAPES)[number];

describe('distribution closeness', () => {
  for (const shape of SHAPES) {
    const cases = readCases(shape);

    it(`accepts ${cases.length} ${shape} cases (suite false alarm ${FALSE_ALARMS.closeness})`, () => {
      const decided = new Map<string, boolean>();
      for (const row of cases) {
        const noise = noiseOf(shape, row);
        const key = `${noise.lattice} ${row.l2Tolerance}`;
        const accepted = decided.get(key) ?? vote(noise, noise, row, votesFor(noise, row), key);
        decided.set(key, accepted);
        expect(accepted, row.name).toBe(true);
        const raw = Math.round(row.rawInput / row.granularity);
        const outputs = Array.from({ length: 100 }, () => addNoiseTo(noise.distribution, raw) * row.granularity);
        expect(isOnLattice(outputs, row.granularity), row.name).toBe(true);
      }
    }, 120_000);

    // A vote for a wrong distribution is off by so much that each is refused almost surely; the published bound is 0.9.
    it(`rejects a shift, a wider ${shape} and the other shape`, () => {
      const row = cases.find(({ name }) => name === 'Default parameters')!;
      const noise = noiseOf(shape, row);
      const shiftShare = shape === 'laplace' ? 0.02 : 0.0375;
      const shift = Math.round(shiftShare * noise.deviation);
      expect(vote(noise, noise, row, 1, `shift ${shape}`, shift)).toBe(false);
      const wider = noiseOf(shape, { ...row, variance: row.variance * 1.0625 });
      expect(vote(wider, noise, row, 1, `wider ${shape}`)).toBe(false);
      const other = noiseOf(shape === 'laplace' ? 'gaussian' : 'laplace', row);
      expect(vote(other, noise, row, 1, `other ${shape}`)).toBe(false);
    });
  }

  it('has the variances of its Gaussian cases from their epsilon and delta', () => {
    for (const { name, variance, l0, lInf, epsilon, delta } of readCases('gaussian')) {
      const sigma = smallestGaussianSigma({ sensitivity: Math.sqrt(l0) * lInf, epsilon, delta: delta! });
      expect(Math.abs(sigma ** 2 / variance - 1), name).toBeLessThan(3e-3);
    }
  });
});

interface LatticeNoise {
  readonly distribution: NoiseDistribution;
  /** The noise's parameter in units of the granularity, as a text. */
  readonly lattice: string;
  readonly deviation: number;
  readonly reach: number;
  readonly probabilities: Float64Array;
}

/** The case's noise in units of its granularity; its parameter is rounded up to 1/16 (Gaussian) or 1/1024 (Laplace) units. */
function noiseOf(shape: Shape, { variance, granularity }: Case): LatticeNoise {
  const units = variance / granularity ** 2;
  const deviation = Math.sqrt(units);
  const reach = Math.ceil((shape === 'laplace' ? 30 : 14) * deviation);
  if (shape === 'gaussian') {
    const rounded = roundUpToBits(rationalFromDouble(units), 4);
    const probabilities = discreteGaussianProbabilities(rationalToDouble(rounded), reach);
    return {
      distribution: new DiscreteGaussian({ variance: rounded }),
      lattice: `gaussian ${rounded.numerator}`,
      deviation,
      reach,
      probabilities,
    };
  }
  const scale = roundUpToBits(rationalFromDouble(Math.sqrt(units / 2)), 10);
  const probabilities = Float64Array.from({ length: 2 * reach + 1 }, (_, index) =>
    discreteLaplaceProbability(index - reach, rationalToDouble(scale)),
  );
  return {
    distribution: new DiscreteLaplace({ scale }),
    lattice: `laplace ${scale.numerator}`,
    deviation,
    reach,
    probabilities,
  };
}

/** The smallest odd number of votes, at most nine, whose majority is wrong with probability below 1e-7. */
function votesFor(noise: LatticeNoise, { samples, l2Tolerance }: Case): number {
  const single = normalCdf(-closenessMargin({ probabilities: noise.probabilities, total: samples, l2Tolerance }));
  for (let votes = 1; votes < 9; votes += 2) if (majorityRisk(votes, single) < SINGLE_FALSE_ALARM) return votes;
  expect(majorityRisk(9, single)).toBeLessThan(SINGLE_FALSE_ALARM);
  return 9;
}

function majorityRisk(votes: number, single: number): number {
  const needed = (votes + 1) / 2;
  let ways = 1;
  for (let i = 0; i < needed; i++) ways *= (votes - i) / (i + 1);
  return ways * single ** needed;
}

function vote(drawn: LatticeNoise, expected: LatticeNoise, row: Case, votes: number, seed: string, shift = 0): boolean {
  const needed = (votes + 1) / 2;
  let accepted = 0;
  let refused = 0;
  for (let round = 0; accepted < needed && refused < needed; round++) {
    const counts = new Int32Array(expected.probabilities.length);
    withSeededRandom(`closeness ${seed} ${round}`, () => {
      for (let i = 0; i < row.samples; i++) {
        const cell = Number(drawn.distribution.draw()) + shift + expected.reach;
        if (cell >= 0 && cell < counts.length) counts[cell]!++;
      }
    });
    const isAccepted = isClose({
      counts,
      probabilities: expected.probabilities,
      total: row.samples,
      l2Tolerance: row.l2Tolerance,
    });
    if (isAccepted) accepted++;
    else refused++;
  }
  return accepted > refused;
}

function readCases(shape: Shape): Case[] {
  const text = readFileSync(new URL(`../../test-data/${shape}-closeness.csv`, import.meta.url), 'utf8');
  const [header, ...rows] = text
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  const names = header!.split(',');
  return rows.map((row) => {
    const values = row.split(',');
    return Object.fromEntries(
      names.map((name, index) => [name, name === 'name' ? values[index] : Number(values[index])]),
    ) as unknown as Case;
  });
}
