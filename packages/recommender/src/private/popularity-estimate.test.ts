import { expect, it } from 'vitest';
import { createRandom, fillNormal } from '../random.ts';
import { packedLength } from './packed-triangle.ts';
import { estimatePopularity, fillUnknownInterest } from './popularity-estimate.ts';
import type { ReleasedStatistic } from './released-statistic.ts';

const ITEMS = 400;

/** Two categories, the first ten times as popular and lately twice as much as ever; accounts have four items each. */
function createStatistic(deviation: number): { statistic: ReleasedStatistic; truth: Float64Array } {
  const noise = new Float32Array(2 * ITEMS);
  fillNormal(noise, deviation, createRandom(1));
  const truth = Float64Array.from({ length: ITEMS }, (_, item) => (item < ITEMS / 2 ? 20 : 2));
  const interest = Float32Array.from(truth, (value, item) => 2 * value + noise[item]!);
  const recentInterest = Float32Array.from(
    truth,
    (value, item) => value * (item < ITEMS / 2 ? 0.4 : 0.2) + noise[ITEMS + item]!,
  );
  const statistic = {
    endsAt: 0,
    productIds: Int32Array.from({ length: ITEMS }, (_, item) => item),
    interest,
    recentInterest,
    recentDays: 28,
    head: Int32Array.of(0, ITEMS - 1),
    coOccurrence: Float32Array.of(truth[0]!, 0, truth[ITEMS - 1]!),
    deviations: { diagonal: deviation, interest: deviation, recentInterest: deviation },
  };
  expect(statistic.coOccurrence).toHaveLength(packedLength(2));
  return { statistic, truth };
}

const categories = Int32Array.from({ length: ITEMS }, (_, item) => (item < ITEMS / 2 ? 0 : 1));
const errorOf = (values: ArrayLike<number>, truth: Float64Array) =>
  truth.reduce((sum, value, item) => sum + (values[item]! - value) ** 2, 0);

it('gives what was measured back where there is no noise to speak of', () => {
  const { statistic, truth } = createStatistic(1e-3);
  const { popularity, trend } = estimatePopularity(statistic, categories);
  for (const item of [0, 150, 250, 399]) expect(popularity[item]! / truth[item]!).toBeCloseTo(1, 2);
  // Twice as much, less what the few of the second category may owe to chance.
  expect(trend[0]! / trend[399]!).toBeGreaterThan(1.5);
  expect(trend[0]! / trend[399]!).toBeLessThan(2.05);
});

it('is nearer to the truth than the measurement where there is, and never at or below zero', () => {
  const { statistic, truth } = createStatistic(8);
  const { popularity, trend } = estimatePopularity(statistic, categories);
  const rate = (20 + 2) / (statistic.interest[0]! + statistic.interest[ITEMS - 1]!);
  const measured = statistic.interest.map((value) => value * rate);
  // All of the spread within a category is noise, so nearly all of the error goes; half is far from chance.
  const scale = popularity.reduce((sum, value) => sum + value, 0) / truth.reduce((sum, value) => sum + value, 0);
  expect(
    errorOf(
      popularity.map((value) => value / scale),
      truth,
    ),
  ).toBeLessThan(0.5 * errorOf(measured, truth));
  expect(Math.min(...popularity)).toBeGreaterThan(0);
  expect(Math.min(...trend)).toBeGreaterThan(0);
});

it('says that what rises, rises', () => {
  const { rise } = estimatePopularity(createStatistic(0.5).statistic, categories);
  const mean = (from: number) =>
    rise.slice(from, from + ITEMS / 2).reduce((sum, value) => sum + value, 0) / (ITEMS / 2);
  expect(mean(0)).toBeGreaterThan(0);
  expect(mean(ITEMS / 2)).toBeLessThan(mean(0));
});

it('takes products that came later for as popular as their category', () => {
  const interest = Float32Array.of(4, 6, 0, 1, 0, 0);
  const filled = fillUnknownInterest(interest, Uint8Array.of(1, 1, 0, 1, 0, 0), Int32Array.of(0, 0, 0, 1, 1, 2));
  expect([...filled]).toEqual([4, 6, 5, 1, 1, Math.fround(11 / 3)]);
});
