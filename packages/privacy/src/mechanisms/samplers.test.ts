import { describe, expect, it } from 'vitest';
import { normalMass } from '../accounting/special-functions.ts';
import { parseRational, rationalToDouble } from '../rational.ts';
import { chiSquarePValue } from '../testing/goodness-of-fit.ts';
import { FALSE_ALARMS, SINGLE_FALSE_ALARM } from '../testing/odds.ts';
import { discreteGaussianProbabilities, discreteLaplaceProbability } from '../testing/probabilities.ts';
import { withSeededRandom } from '../testing/seeded-random.ts';
import { binomialUpperTail } from '../testing/statistics.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { DiscreteLaplace } from './discrete-laplace.ts';
import { addNoise, addNoiseTo, fillNoise, type NoiseDistribution } from './noise.ts';

const TOTAL = 120_000;
/** |Z| is past this with probability 1e-7. */
const NORMAL_BOUND = 5.33;

function draw(distribution: NoiseDistribution, seed: string, total = TOTAL): Float64Array {
  return withSeededRandom(seed, () => fillNoise(distribution, new Float64Array(total)));
}

/** Counts of draws in [-reach, reach], shifted to start at 0. */
function histogram(draws: Float64Array, reach: number): Int32Array {
  const counts = new Int32Array(2 * reach + 1);
  for (const value of draws) if (Math.abs(value) <= reach) counts[value + reach]!++;
  return counts;
}

describe('discrete Laplace', () => {
  // The last two are past the guards of the fast path, so BigInt draws them.
  const scales = ['1/3', '1', '7/2', '1000/7', '3000000000000000000/1000000000000000001', '20'];
  it(`has the exact distribution (chi-square, false alarm ${FALSE_ALARMS.discreteLaplaceFit})`, () => {
    for (const scale of scales) {
      const b = rationalToDouble(parseRational('scale', scale));
      const reach = Math.ceil(40 * b);
      const counts = histogram(draw(new DiscreteLaplace({ scale }), `laplace ${scale}`), reach);
      const probabilities = Array.from(counts, (_, index) => discreteLaplaceProbability(index - reach, b));
      expect(chiSquarePValue({ counts, probabilities, total: TOTAL }), scale).toBeGreaterThan(SINGLE_FALSE_ALARM);
    }
  });
});

describe('discrete Gaussian', () => {
  const variances = ['1/10', '1', '9/4', '17.8084', '10000', '246913578024691357802/10000000000000000001'];
  it(`has the exact distribution (chi-square, with the two below: false alarm ${FALSE_ALARMS.discreteGaussianFit})`, () => {
    for (const variance of variances) {
      const value = rationalToDouble(parseRational('variance', variance));
      const reach = Math.ceil(12 * Math.sqrt(value)) + 2;
      const counts = histogram(draw(new DiscreteGaussian({ variance }), `gaussian ${variance}`), reach);
      const probabilities = discreteGaussianProbabilities(value, reach);
      expect(chiSquarePValue({ counts, probabilities, total: TOTAL }), variance).toBeGreaterThan(SINGLE_FALSE_ALARM);
    }
  });

  // (4.22 * 2^16)^2 / 2 is a training's; the second lies just under the guard 2n <= 2^53 - 1. Lattice effects are below 1e-6.
  it('has the normal shape at large variances', () => {
    for (const variance of ['76486000001/2', '4503599627370495']) {
      const sigma = Math.sqrt(rationalToDouble(parseRational('variance', variance)));
      const counts = new Int32Array(80);
      for (const value of draw(new DiscreteGaussian({ variance }), `wide ${variance}`)) {
        counts[Math.max(0, Math.min(79, Math.floor((value / sigma) * 10 + 40)))]!++;
      }
      const probabilities = Array.from(counts, (_, cell) => normalMass(cell / 10 - 4, (cell + 1) / 10 - 4));
      probabilities[0]! += normalMass(-40, -4);
      probabilities[79]! += normalMass(4, 40);
      expect(chiSquarePValue({ counts, probabilities, total: TOTAL }), variance).toBeGreaterThan(SINGLE_FALSE_ALARM);
    }
  });
});

describe('both samplers', () => {
  const laplaceVariance = (b: number) => (2 * Math.exp(-1 / b)) / Math.expm1(-1 / b) ** 2;
  const settings: [string, NoiseDistribution, number, number][] = [
    ['Laplace 2', new DiscreteLaplace({ scale: 2 }), laplaceVariance(2), 6],
    ['Laplace 50', new DiscreteLaplace({ scale: 50 }), laplaceVariance(50), 6],
    ['Gaussian 4', new DiscreteGaussian({ variance: 4 }), 4, 3],
    ['Gaussian 12345', new DiscreteGaussian({ variance: 12_345 }), 12_345, 3],
  ];

  it(`have the right mean and variance (false alarm ${FALSE_ALARMS.moments})`, () => {
    for (const [name, distribution, variance, kurtosis] of settings) {
      const draws = draw(distribution, `moments ${name}`);
      const mean = draws.reduce((sum, value) => sum + value, 0) / TOTAL;
      const second = draws.reduce((sum, value) => sum + value * value, 0) / TOTAL;
      expect(Math.abs(mean), name).toBeLessThan(NORMAL_BOUND * Math.sqrt(variance / TOTAL));
      // The variance of y^2 is (kurtosis - 1) variance^2; 1.2 allows for the lattice's own kurtosis at small scales.
      expect(Math.abs(second - variance), name).toBeLessThan(
        NORMAL_BOUND * variance * Math.sqrt((1.2 * kurtosis) / TOTAL),
      );
    }
  });

  it(`have the right tails (exact binomial, false alarm ${FALSE_ALARMS.tails})`, () => {
    for (const [name, distribution, variance] of settings) {
      const bound = Math.ceil(3 * Math.sqrt(variance));
      const draws = draw(distribution, `tails ${name}`);
      const past = draws.reduce((count, value) => count + (Math.abs(value) >= bound ? 1 : 0), 0);
      const b = Number(name.split(' ')[1]);
      const inside = Array.from({ length: 2 * bound - 1 }, (_, index) => index - bound + 1);
      const table = discreteGaussianProbabilities(variance, 20 * bound);
      const tail = name.startsWith('Laplace')
        ? (2 * Math.exp(-bound / b)) / (1 + Math.exp(-1 / b))
        : 1 - inside.reduce((sum, y) => sum + table[y + 20 * bound]!, 0);
      expect(binomialUpperTail(past, TOTAL, tail), name).toBeGreaterThan(SINGLE_FALSE_ALARM);
      expect(1 - binomialUpperTail(past + 1, TOTAL, tail), name).toBeGreaterThan(SINGLE_FALSE_ALARM);
    }
  });
});

describe('noise on vectors', () => {
  const distribution = new DiscreteGaussian({ variance: 400 });

  it('fills and adds the same draws in every kind of array', () => {
    const seeded = <T>(run: () => T): T => withSeededRandom('vectors', run);
    const floats = seeded(() => fillNoise(distribution, new Float64Array(1000)));
    const ints = seeded(() => fillNoise(distribution, new Int32Array(1000)));
    const bigs = seeded(() => fillNoise(distribution, new BigInt64Array(1000)));
    expect(Array.from(ints)).toEqual(Array.from(floats));
    expect(Array.from(bigs, Number)).toEqual(Array.from(floats));
    const added = seeded(() => addNoise(distribution, new Float64Array(1000).fill(1e12)));
    expect(Array.from(added, (value) => value - 1e12)).toEqual(Array.from(floats));
  });

  it('clamps sums at the edge of the array, and refuses draws that cannot be held', () => {
    const wide = new DiscreteGaussian({ variance: 2n ** 62n });
    // A deviation of 2^31: a thousand draws all fit with probability 0.69^1000.
    expect(() => fillNoise(wide, new Int32Array(1000))).toThrow(RangeError);
    const clamped = addNoise(wide, new Int32Array(32));
    expect(clamped.every((value) => Math.abs(value) <= 2 ** 31 - 1)).toBe(true);
    expect(Math.abs(Number(fillNoise(wide, new BigInt64Array(1))[0]))).toBeLessThan(2 ** 50);
    const edge = addNoise(distribution, new BigInt64Array(64).fill(2n ** 63n - 1n));
    expect(edge.every((value) => value > 0n)).toBe(true);
  });

  it('refuses fractions, whose low digits would tell the value', () => {
    expect(() => addNoise(distribution, Float64Array.of(0.5))).toThrow(/^values/);
    expect(() => addNoiseTo(distribution, 0.5)).toThrow(/^value/);
  });

  it('refuses a scale that is missing, zero, negative, not exact or not finite, by name', () => {
    for (const scale of [undefined, 0, -1, 0.5, Number.NaN, Infinity, '0', '1e9', 'x', `${'9'.repeat(400)}`]) {
      expect(() => new DiscreteLaplace({ scale: scale as number })).toThrow(/^scale/);
      expect(() => new DiscreteGaussian({ variance: scale as number })).toThrow(/^variance/);
    }
  });
});
