import { DiscreteLaplace } from '@sotto/privacy';
import { withSeededRandom } from '@sotto/privacy/testing';
import { describe, expect, it } from 'vitest';
import { leastCovered } from '../testing/coverage.ts';
import { concentratedRho, gaussianRho } from './budget.ts';
import { discreteLaplaceSumHalfWidth } from './laplace-sum.ts';
import { laplacePairHalfWidth, ratioInterval } from './ratio-interval.ts';
import { intervalOfShown } from './shown-interval.ts';
import { chooseSumNoise, halfWidthOf, laplaceNoise } from './sum-noise.ts';

const terms = (epsilon: string) => ({ epsilon, delta: '0.000001', assumedPopulation: null });

/** The distribution of a sum of independent discrete Laplace draws on [-reach, reach], by convolution. */
function convolve(epsilon: number, count: number, reach: number): Float64Array {
  const r = Math.exp(-epsilon);
  const single = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, at) => ((1 - r) / (1 + r)) * r ** Math.abs(at - reach),
  );
  let sum = single;
  for (let n = 1; n < count; n++) {
    const next = new Float64Array(2 * reach + 1);
    for (let a = -reach; a <= reach; a++)
      for (let b = Math.max(-reach, -reach - a); b <= Math.min(reach, reach - a); b++)
        next[a + b + reach]! += sum[a + reach]! * single[b + reach]!;
    sum = next;
  }
  return sum;
}

describe('half widths', () => {
  it('are the smallest that hold, of one draw', () => {
    for (const epsilon of ['0.1', '0.5', '3', '20']) {
      const { halfWidth } = laplaceNoise(epsilon, { l0: 1, lInf: 1 });
      const r = Math.exp(-Number(epsilon));
      const outside = (width: number) => (2 * r ** (width + 1)) / (1 + r);
      expect(outside(halfWidth)).toBeLessThanOrEqual(0.05 + 1e-6);
      if (halfWidth > 0) expect(outside(halfWidth - 1)).toBeGreaterThan(0.05);
    }
    expect(laplaceNoise('0.5', { l0: 1, lInf: 1 }).halfWidth).toBe(6);
    expect(halfWidthOf((margin) => (margin > 1_000_000 ? 0 : 1), 0.05)).toBe(1_000_000);
  });

  it('are the smallest that hold, of sums of draws', () => {
    for (const [epsilon, count] of [
      [0.5, 1],
      [0.5, 2],
      [0.2, 5],
      [2, 3],
      [8, 4],
    ] as const) {
      const reach = 200;
      const exact = convolve(epsilon, count, reach);
      const width = discreteLaplaceSumHalfWidth({ epsilon, count });
      const within = (w: number) => exact.slice(reach - w, reach + w + 1).reduce((sum, mass) => sum + mass, 0);
      expect(within(width)).toBeGreaterThanOrEqual(0.95 - 1e-9);
      if (width > 0) expect(within(width - 1)).toBeLessThan(0.95);
    }
    // Stretched from epsilon 0.05: no narrower than exact, and at most a fiftieth wider.
    const [near, far] = [0.0501, 0.0499].map((epsilon) => discreteLaplaceSumHalfWidth({ epsilon, count: 4 }));
    expect(far! >= near! && far! <= near! * 1.03).toBe(true);
  });

  it('choose the narrower noise', () => {
    expect(chooseSumNoise(terms('1'), { l0: 1, lInf: 5 }).mechanism).toBe('discrete Laplace');
    expect(chooseSumNoise(terms('1'), { l0: 60, lInf: 5 }).mechanism).toBe('discrete Gaussian');
    // No sampler has a Gaussian of that variance.
    expect(chooseSumNoise(terms('0.01'), { l0: 100, lInf: 1_000_000_000 }).mechanism).toBe('discrete Laplace');
    expect(() => chooseSumNoise(terms('0.001'), { l0: 10_000, lInf: 1_000_000_000 })).toThrow(/^epsilon is too small/);
  });
});

it.each([
  ['0.5', 8],
  ['1', 9],
  ['5', 16],
  ['10', 24],
])('at epsilon %s and %d keys the discrete Gaussian has the asked delta to 0.2 %%', (epsilon, l0) => {
  const noise = chooseSumNoise(terms(epsilon), { l0, lInf: 1 });
  expect(noise.mechanism).toBe('discrete Gaussian');
  const variance = noise.deviation ** 2;
  const reach = Math.ceil(14 * noise.deviation);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * variance)),
  );
  const norm = weights.reduce((sum, weight) => sum + weight, 0);
  let sum: Float64Array = Float64Array.of(1);
  for (let key = 0; key < l0; key++) {
    const next = new Float64Array(sum.length + 2 * reach);
    for (const [at, mass] of sum.entries())
      for (const [step, weight] of weights.entries()) next[at + step]! += (mass * weight) / norm;
    sum = next;
  }
  // One account moves l0 keys by 1 each, so the loss (l0 - 2 s) / (2 variance) depends on the sum s of their noise alone, and
  // delta is the mean of what exp(loss) is above exp(epsilon) by (the hockey-stick divergence).
  const delta = sum.reduce((total, mass, at) => {
    const loss = (l0 - 2 * (at - l0 * reach)) / (2 * variance);
    return loss > Number(epsilon) ? total + mass * -Math.expm1(Number(epsilon) - loss) : total;
  }, 0);
  expect(Math.abs(delta / 1e-6 - 1)).toBeLessThan(0.002);
});

it('turns an epsilon into a rho that costs no more', () => {
  // Balle and Wang's sigma for (1, 1e-6) is 4.2247.
  const { numerator, denominator } = gaussianRho(terms('1'));
  expect(Math.sqrt(Number(denominator) / (2 * Number(numerator)))).toBeCloseTo(4.2247, 3);
  const mixed = concentratedRho(terms('1'));
  expect(mixed.numerator * denominator).toBeLessThan(numerator * mixed.denominator);
  for (const epsilon of ['0.001', '20']) expect(concentratedRho(terms(epsilon)).numerator).toBeGreaterThan(0n);
});

const DRAWS = 4_000;
const LEAST = leastCovered(DRAWS);

describe('a ratio', () => {
  it.each([
    [600, 2_000, 1, 1, 10],
    [-40, 30, 4, 4, 5],
    [0, 60, 20, 2, 10],
    [45, 9, 10, 2, 5],
  ])('of %d over %d is within its interval (false alarm 1e-6)', (numerator, denominator, first, second, range) => {
    const scales = { offset: first, count: second };
    const [top, bottom] = [new DiscreteLaplace({ scale: first }), new DiscreteLaplace({ scale: second })];
    let covered = 0;
    withSeededRandom(`ratio ${numerator}`, () => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const [a, b] = [numerator + Number(top.draw()), denominator + Number(bottom.draw())];
        const interval = ratioInterval({ numerator: a, denominator: b, scales, range });
        // Nothing said is nothing wrong.
        const truth = numerator / denominator;
        if (interval === null || (interval.lower <= truth + 1e-9 && truth <= interval.upper + 1e-9)) covered++;
        if (interval !== null) expect(interval.lower <= interval.value && interval.value <= interval.upper).toBe(true);
      }
    });
    expect(covered).toBeGreaterThanOrEqual(LEAST);
  });

  it('is not told when the count does not stand out of its noise', () => {
    const scales = { offset: 100, count: 4 };
    for (const denominator of [-50, 0, 1, 12])
      expect(ratioInterval({ numerator: 30, denominator, scales, range: 50 })).toBeNull();
    expect(ratioInterval({ numerator: 30, denominator: 40, scales, range: 50 })).not.toBeNull();
  });

  it('has noise of this width: the continuous quantile, and half a step for each draw', () => {
    // P(|X| > w) = exp(-w / a) for one; (1 + w / 2a) exp(-w / a) for two alike.
    expect(laplacePairHalfWidth(10, 0) - 1).toBeCloseTo(10 * Math.log(20), 6);
    const both = laplacePairHalfWidth(10, 10) - 1;
    expect((1 + both / 20) * Math.exp(-both / 10)).toBeCloseTo(0.05, 6);
  });
});

describe('a count that is shown', () => {
  it.each([
    [0, 12],
    [5, 12],
    [12, 12],
    [30, 12],
  ])('of %d past a threshold of %d is within its interval (false alarm 1e-6)', (count, threshold) => {
    const { distribution, tail } = laplaceNoise('0.5', { l0: 1, lInf: 1 });
    let [shown, covered] = [0, 0];
    withSeededRandom(`shown ${count}`, () => {
      while (shown < DRAWS) {
        const value = count + Number(distribution.draw());
        if (value < threshold) continue;
        shown++;
        const { lower, upper } = intervalOfShown({ value, threshold, tail });
        if (lower <= count && count <= upper) covered++;
      }
    });
    expect(covered).toBeGreaterThanOrEqual(LEAST);
  });

  it('has the value itself in its interval, well above the threshold, by either noise', () => {
    for (const l0 of [1, 15]) {
      const { tail, halfWidth, mechanism } = chooseSumNoise(terms('0.5'), { l0, lInf: 1 }, 1e-8);
      expect(mechanism).toBe(l0 === 1 ? 'discrete Laplace' : 'discrete Gaussian');
      const threshold = 3 * halfWidth;
      for (let value = threshold + halfWidth; value < threshold + 4 * halfWidth; value++) {
        const { lower, upper } = intervalOfShown({ value, threshold, tail });
        expect(lower).toBeLessThan(value);
        expect(upper).toBeGreaterThan(value);
      }
    }
  });

  it('has nearly the plain interval far above the threshold', () => {
    const { tail, halfWidth } = laplaceNoise('0.5', { l0: 1, lInf: 1 });
    const { lower, upper } = intervalOfShown({ value: 200, threshold: 12, tail });
    expect(Math.abs(200 - lower - halfWidth)).toBeLessThanOrEqual(1);
    expect(Math.abs(upper - 200 - halfWidth)).toBeLessThanOrEqual(1);
  });
});
