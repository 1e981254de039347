import { PrivacyParameterError } from '@sotto/privacy';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createContext, NOW, toHistory, toInteractions } from '../testing/checkerboard.ts';
import { planPrivateAls } from './plan.ts';
import { trainPrivateAls } from './train-private-als.ts';

const TASTES = 4;
const ITEMS = 80;

/** Items of a taste are of a category, of which a brand makes every second one. */
const CATALOGUE = {
  categories: Array.from({ length: ITEMS }, (_, item) => [`category ${item % TASTES}`]),
  brands: Array.from({ length: ITEMS }, (_, item) => `brand ${item % (2 * TASTES)}`),
  prices: Array.from({ length: ITEMS }, () => null),
  titles: Array.from({ length: ITEMS }, () => ''),
};

/** Accounts with a taste each, who take items of it nine times in ten. */
function drawAccounts(count: number) {
  const random = createRandom(5);
  const rows = Array.from({ length: count }, (_, account) =>
    Array.from({ length: 8 }, (_, index) => {
      const taste = random() < 0.9 ? account % TASTES : Math.floor(TASTES * random());
      return { item: taste + TASTES * Math.floor((ITEMS / TASTES) * random()), time: NOW + index };
    }),
  );
  return {
    interactions: toInteractions(rows, ITEMS),
    productIds: Int32Array.from({ length: ITEMS }, (_, item) => 100 + item),
    now: NOW,
  };
}

const plan = planPrivateAls({
  epsilon: '2',
  delta: '0.000001',
  itemCount: ITEMS,
  hyperparameters: { rank: 8 },
});

describe('trainPrivateAls', () => {
  it('learns tastes through the noise of epsilon 2 from 4,000 accounts', async () => {
    const model = await trainPrivateAls(drawAccounts(4_000), plan, createContext());
    expect(model.recommender.isPersonal).toBe(true);
    const scores = new Float32Array(ITEMS);
    for (let taste = 0; taste < TASTES; taste++) {
      model.recommender.scoreItems(
        toHistory([
          { item: taste, time: NOW },
          { item: taste + TASTES, time: NOW },
        ]),
        scores,
      );
      const best = [...scores.keys()].sort((left, right) => scores[right]! - scores[left]!).slice(0, 10);
      expect(best.filter((item) => item % TASTES === taste).length).toBeGreaterThanOrEqual(9);
      const { ptr, items } = model.related;
      const nearest = items.subarray(ptr[taste]!, ptr[taste]! + 10);
      expect(nearest.filter((item) => item % TASTES === taste).length).toBeGreaterThanOrEqual(9);
    }
    expect(Math.max(...model.popularity)).toBe(1);
    expect(Math.max(...model.trending)).toBe(1);
  });

  it('finds no taste in a handful of accounts', async () => {
    const { recommender } = await trainPrivateAls(drawAccounts(8), plan, createContext());
    // What eight accounts add to the mean square is a hundredth of its standard error; noise alone is taken for taste in
    // fewer than one run of ten thousand.
    expect(recommender.isPersonal).toBe(false);
  });

  it('orders by content where it counts more than noise, and says so', async () => {
    const input = { ...drawAccounts(8), catalogue: CATALOGUE };
    // So much that the noise, which has a weight of at most 1, cannot pass the borders of a category.
    const hyperparameters = { rank: 8, contentWeight: 100 };
    const planned = planPrivateAls({ epsilon: '2', delta: '0.000001', itemCount: ITEMS, hyperparameters });
    const { recommender, related } = await trainPrivateAls(input, planned, createContext());
    const history = toHistory([{ item: 1, time: NOW }]);
    const scores = new Float32Array(ITEMS);
    recommender.scoreItems(history, scores);
    const best = [...scores.keys()].sort((left, right) => scores[right]! - scores[left]!).slice(0, ITEMS / TASTES);
    expect(best.every((item) => item % TASTES === 1)).toBe(true);
    const { ptr, items } = related;
    const nearest = items.subarray(ptr[1]!, ptr[1]! + ITEMS / TASTES - 1);
    expect(nearest.every((item) => item % TASTES === 1)).toBe(true);
    // The one row of the history is the reason for what shares its category, and an item is no reason for itself.
    expect(recommender.explain(history, 1 + TASTES)).toBe(0);
  });

  it('shows with a product of a category, as bought with it, products of others', async () => {
    const { boughtTogether } = await trainPrivateAls(
      { ...drawAccounts(400), catalogue: CATALOGUE },
      plan,
      createContext(),
    );
    const { ptr, items } = boughtTogether;
    expect(items.length).toBeGreaterThan(0);
    for (let item = 0; item < ITEMS; item++) {
      for (const other of items.subarray(ptr[item]!, ptr[item + 1]!)) expect(other % TASTES).not.toBe(item % TASTES);
    }
  });

  it('tells nothing of the accounts while it runs', async () => {
    const watch = async (count: number) => {
      const told: string[] = [];
      const context = {
        ...createContext(),
        onProgress: (fraction: number, message: string) => told.push(`${fraction} ${message}`),
        onPoint: (name: string) => told.push(name),
      };
      await trainPrivateAls(drawAccounts(count), plan, context);
      return told;
    };
    expect(await watch(2_000)).toEqual(await watch(3));
  });

  it('refuses a catalogue that the plan is not for, and a plan that was not charged so', async () => {
    const input = drawAccounts(10);
    const other = planPrivateAls({ epsilon: '2', delta: '0.000001', itemCount: ITEMS + 1 });
    await expect(trainPrivateAls(input, other, createContext())).rejects.toThrow(PrivacyParameterError);
    const oftener = { ...plan, iterations: plan.iterations + 1 };
    await expect(trainPrivateAls(input, oftener, createContext())).rejects.toThrow(PrivacyParameterError);
  });
});
