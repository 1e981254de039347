import { describe, expect, it } from 'vitest';
import { describeItems } from '../private/content-features.ts';
import { createRandom } from '../random.ts';
import { ItemPrior } from './item-prior.ts';

const ITEMS = 300;
const CATEGORIES = 15;
const RANK = 8;
const NOISE = 3;
const measured = new Uint8Array(ITEMS).fill(1);

const catalogue = {
  categories: Array.from({ length: ITEMS }, (_, item) => [`category ${item % CATEGORIES}`]),
  brands: Array.from({ length: ITEMS }, () => null),
  prices: Array.from({ length: ITEMS }, () => null),
  titles: Array.from({ length: ITEMS }, () => ''),
};

/** Factors of variance 4 by category and 1 of each item's own, and the same under noise of variance 9. */
function drawFactors(seed: number) {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centers = Float64Array.from({ length: CATEGORIES * RANK }, () => 2 * normal());
  const truth = Float64Array.from(
    { length: ITEMS * RANK },
    (_, at) => centers[(Math.floor(at / RANK) % CATEGORIES) * RANK + (at % RANK)]! + normal(),
  );
  return { truth, noisy: truth.map((value) => value + NOISE * normal()) };
}

function meanSquare(left: Float64Array, right: Float64Array): number {
  return left.reduce((sum, value, at) => sum + (value - right[at]!) ** 2, 0) / left.length;
}

describe('ItemPrior', () => {
  it('comes as near to the truth as a posterior mean can that knows the variances', () => {
    const { truth, noisy } = drawFactors(1);
    const denoised = new ItemPrior(ITEMS, describeItems(catalogue)).denoise(noisy, RANK, NOISE ** 2, measured);
    // Of 20 items a category: its mean has error 10 / 20 shrunk to 4 (10/20) / (4 + 10/20) = .44, of which an item keeps
    // the share 1 - 1/10; its own part has error 1 * 9 / 10 = .9. In all about .9 + .81 * .44 = 1.26, where noise is 9.
    // Over seeds the figure's standard deviation is below .06, and the estimated variances cost a little.
    expect(meanSquare(noisy, truth)).toBeGreaterThan(8);
    expect(meanSquare(denoised, truth)).toBeLessThan(1.26 * 1.15);
  });

  it('leaves items that were not measured to what their features tell', () => {
    const { noisy } = drawFactors(2);
    const unmeasured = measured.slice();
    unmeasured[0] = unmeasured[CATEGORIES] = 0;
    const prior = new ItemPrior(ITEMS, describeItems(catalogue));
    const denoised = prior.denoise(noisy, RANK, NOISE ** 2, unmeasured);
    const rowOf = (item: number) => [...denoised.subarray(item * RANK, (item + 1) * RANK)];
    expect(rowOf(0)).toEqual(rowOf(CATEGORIES));
    expect(rowOf(0)).not.toEqual(rowOf(2 * CATEGORIES));
  });

  it('shrinks all alike where the catalogue tells nothing', () => {
    const { truth, noisy } = drawFactors(3);
    const prior = new ItemPrior(ITEMS, []);
    expect(prior.hasFeatures).toBe(false);
    const denoised = prior.denoise(noisy, RANK, NOISE ** 2, measured);
    const share = denoised[0]! / noisy[0]!;
    for (const [at, value] of denoised.entries()) expect(value / noisy[at]!).toBeCloseTo(share, 9);
    // 5 of the variance of 14 is signal: off by a few percent on 2,400 values.
    expect(Math.abs(share - 5 / 14)).toBeLessThan(0.06);
    expect(meanSquare(denoised, truth)).toBeLessThan(meanSquare(noisy, truth));
  });

  it('says nothing where there is only noise', () => {
    const random = createRandom(4);
    const noise = Float64Array.from({ length: ITEMS * RANK }, () => NOISE * Math.sqrt(12) * (random() - 0.5));
    const denoised = new ItemPrior(ITEMS, describeItems(catalogue)).denoise(noise, RANK, NOISE ** 2, measured);
    expect(meanSquare(denoised, new Float64Array(noise.length))).toBeLessThan(0.05 * NOISE ** 2);
  });
});
