import { describe, expect, it } from 'vitest';
import { decodeArtifact, encodeArtifact } from '../artifact.ts';
import { ItemFactorsRecommender } from '../models/item-factors.ts';
import {
  createCheckerboard,
  createContext,
  NOW,
  type Row,
  toHistory,
  toInteractions,
} from '../testing/checkerboard.ts';
import { describeConformance } from '../testing/conformance.ts';
import type { StatisticAlgorithm, TrainingContext, TrainingInput } from '../trainer.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import { type CatalogueContent, emptyContent } from './content-features.ts';
import { mergeStatistics } from './merge-statistics.ts';
import { packedIndex } from './packed-triangle.ts';
import { releaseStatistic } from './release-statistic.ts';
import type { ReleasedStatistic } from './released-statistic.ts';
import { planStatistic } from './statistic-plan.ts';
import { trainFromStatistics } from './train-from-statistics.ts';

/** At epsilon 1000 the noise is a thirtieth of an account: what is tested is the model. */
const NOISELESS = { epsilon: '1000', delta: '0.000001' };

async function releaseAndTrain(
  algorithm: StatisticAlgorithm,
  hyperparameters: Readonly<Record<string, number>>,
  input: TrainingInput,
  context: TrainingContext,
) {
  const { productIds } = input;
  const plan = planStatistic({ ...NOISELESS, productIds });
  const quiet = { ...context, onProgress: () => undefined };
  const statistics = [await releaseStatistic(input, plan, quiet)];
  const catalogue = emptyContent(productIds.length);
  return (await trainFromStatistics(algorithm, hyperparameters, { statistics, catalogue, productIds }, context)).model;
}

describeConformance({
  algorithm: 'private-popularity',
  train: (input, context) => releaseAndTrain('private-popularity', {}, input, context),
  isPersonal: false,
  isRecencySensitive: false,
  isNoisy: true,
});
describeConformance({
  algorithm: 'private-ease',
  train: (input, context) => releaseAndTrain('private-ease', { decay: 0.5 }, input, context),
  isPersonal: true,
  isRecencySensitive: true,
  isNoisy: true,
});

/** Items 0..9 and 10..19 are two categories, and everybody stays within one. */
const ITEMS = 20;
const catalogue: CatalogueContent = {
  categories: Array.from({ length: ITEMS }, (_, item) => [item < 10 ? 'left' : 'right']),
  brands: Array.from({ length: ITEMS }, (_, item) => `brand ${item % 5}`),
  prices: Array.from({ length: ITEMS }, (_, item) => 5 + item),
  titles: Array.from({ length: ITEMS }, (_, item) => `Thing ${item}`),
};
const productIds = Int32Array.from({ length: ITEMS }, (_, item) => 100 + item);

function createAccounts(count: number): Row[][] {
  return Array.from({ length: count }, (_, account) =>
    Array.from({ length: 4 }, (_, index) => ({
      item: ((account % 2) * 10 + ((account * 7 + index * 3) % 10)) % ITEMS,
      time: NOW - (4 - index) * SECONDS_PER_DAY,
    })),
  );
}

async function releaseAt(
  epsilon: string,
  accounts: readonly (readonly Row[])[],
  now = NOW,
): Promise<ReleasedStatistic> {
  const plan = planStatistic({ epsilon, delta: '0.000001', productIds });
  return releaseStatistic({ interactions: toInteractions(accounts, ITEMS), productIds, now }, plan, createContext());
}

describe('training from statistics', () => {
  it('gives the same bytes again from the same statistics: they are all it reads', async () => {
    const statistics = [await releaseAt('1', createAccounts(50))];
    const train = async () => {
      const input = { statistics, catalogue, productIds };
      return encodeArtifact((await trainFromStatistics('private-ease', {}, input, createContext())).model);
    };
    expect(Buffer.compare(await train(), await train())).toBe(0);
  });

  it('says when no taste stands over the noise, and then serves content and popularity', async () => {
    // Half an account of signal in any one sum, against a deviation of some 4,000.
    const statistics = [await releaseAt('0.001', createAccounts(4))];
    const input = { statistics, catalogue, productIds };
    const { model, personalDimensions } = await trainFromStatistics('private-ease', {}, input, createContext());
    const opened = decodeArtifact(encodeArtifact(model)).recommender;
    expect(opened).toBeInstanceOf(ItemFactorsRecommender);
    expect((opened as ItemFactorsRecommender).personalDimensions).toBe(personalDimensions);
    // Each of some 20 blocks passes its edge for certain with probability 3e-4, all of three never: below 1e-8.
    expect(personalDimensions).toBeLessThan(3);
    const { personalDimensions: clear } = await trainFromStatistics(
      'private-ease',
      {},
      { ...input, statistics: [await releaseAt('1000', createAccounts(400))] },
      createContext(),
    );
    expect(clear).toBeGreaterThan(personalDimensions);
  });

  it('scores a product that came after the release by what it is like', async () => {
    const statistics = [await releaseAt('1000', createAccounts(200))];
    const grown: CatalogueContent = {
      categories: [...catalogue.categories, ['left'], ['right']],
      brands: [...catalogue.brands, 'brand 1', 'brand 1'],
      prices: [...catalogue.prices, 9, 9],
      titles: [...catalogue.titles, 'Thing new', 'Thing new'],
    };
    const grownIds = Int32Array.from([...productIds, 500, 501]);
    const input = { statistics, catalogue: grown, productIds: grownIds };
    const { model } = await trainFromStatistics('private-ease', {}, input, createContext());
    const scores = new Float32Array(ITEMS + 2);
    const left = Array.from({ length: 10 }, (_, item) => ({ item, time: NOW }));
    model.recommender.scoreItems(toHistory(left), scores);
    expect(scores[20]!).toBeGreaterThan(scores[21]!);
    expect([...model.productIds]).toEqual([...grownIds]);
  });

  it('shows as bought together what is of other categories, and as related what is alike', async () => {
    const { model } = await trainFromStatistics(
      'private-popularity',
      {},
      { statistics: [await releaseAt('1000', createAccounts(200))], catalogue, productIds },
      createContext(),
    );
    const ofItem = ({ ptr, items }: typeof model.related, item: number) => [...items.slice(ptr[item], ptr[item + 1])];
    const related = ofItem(model.related, 3);
    expect(related.length).toBeGreaterThan(0);
    expect(related.slice(0, 5).every((item) => item < 10)).toBe(true);
    for (let item = 0; item < ITEMS; item++) {
      for (const other of ofItem(model.boughtTogether, item)) expect(other < 10).not.toBe(item < 10);
    }
  });

  it('refuses hyperparameters and catalogues that do not fit before any work', async () => {
    const statistics = [await releaseAt('1', [])];
    const input = { statistics, catalogue, productIds };
    await expect(trainFromStatistics('private-ease', { rnk: 3 }, input, createContext())).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidHyperparameters', path: 'rnk' }),
    );
    const short = { ...input, productIds: productIds.slice(1) };
    await expect(trainFromStatistics('private-ease', {}, short, createContext())).rejects.toThrow(RangeError);
  });
});

describe('the mean of statistics', () => {
  it('weighs by noise and age, in the order of the catalogue', async () => {
    const older = await releaseAt('1000', createAccounts(40), NOW - 30 * SECONDS_PER_DAY);
    const newer = await releaseAt('1000', createAccounts(80));
    // Twice the deviation: a quarter of the weight; as old as the half-life: an eighth.
    const noisier = { ...older, deviations: { ...older.deviations, diagonal: 2 * newer.deviations.diagonal } };
    const reversed = productIds.toReversed();
    const merged = mergeStatistics([noisier, newer], reversed, { halfLifeDays: 30 });
    const at = (statistic: ReleasedStatistic, product: number, other: number) => {
      const placeOf = (id: number) => statistic.head.findIndex((item) => statistic.productIds[item] === id);
      return statistic.coOccurrence[packedIndex(statistic.head.length, placeOf(product), placeOf(other))]!;
    };
    for (const [product, other] of [
      [103, 103],
      [103, 106],
      [112, 115],
    ] as const) {
      const expected = (at(older, product, other) + 8 * at(newer, product, other)) / 9;
      expect(at(merged, product, other)).toBeCloseTo(expected, 3);
    }
    const deviation = newer.deviations.diagonal * Math.hypot(2 / 9, 8 / 9);
    expect(merged.deviations.diagonal).toBeCloseTo(deviation, 9);
  });

  it('counts a product that an older statistic does not know as not bought then', async () => {
    const known = await releaseAt('1000', createAccounts(80));
    const { statistic: partial } = {
      statistic: { ...known, productIds: known.productIds.map((id) => (id === 103 ? 999 : id)) },
    };
    const merged = mergeStatistics([partial, known], productIds, { halfLifeDays: 30 });
    expect(merged.interest[3]).toBeCloseTo(known.interest[3]! / 2, 4);
    expect(merged.interest[4]).toBeCloseTo(known.interest[4]!, 4);
  });
});

it('learns the checkerboard from an artifact as well', async () => {
  const interactions = createCheckerboard(40);
  const ids = Int32Array.from({ length: 40 }, (_, item) => item);
  const model = await releaseAndTrain('private-ease', {}, { interactions, productIds: ids, now: NOW }, createContext());
  const scores = new Float32Array(40);
  decodeArtifact(encodeArtifact(model)).recommender.scoreItems(toHistory([{ item: 2, time: NOW }]), scores);
  expect(scores[4]!).toBeGreaterThan(scores[5]!);
});
