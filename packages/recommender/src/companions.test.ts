import { describe, expect, it } from 'vitest';
import { computeTrending, trainCompanions } from './companions.ts';
import { INTERACTION_KINDS, type InteractionKind } from './interactions.ts';
import { computePopularity } from './interest.ts';
import type { Neighbours } from './recommender.ts';
import { createContext, NOW, type Row, toInteractions } from './testing/checkerboard.ts';
import { SECONDS_PER_DAY } from './user-items.ts';

const event = (item: number, daysAgo: number, kind: InteractionKind = 'PURCHASE'): Row => ({
  item,
  kind: INTERACTION_KINDS.indexOf(kind),
  time: NOW - daysAgo * SECONDS_PER_DAY,
});
const train = (users: Row[][], itemCount: number, now = NOW) =>
  trainCompanions(
    { interactions: toInteractions(users, itemCount), productIds: new Int32Array(itemCount), now },
    createContext(),
  );

describe('popularity', () => {
  it('halves with age and is 1 at most', () => {
    const popularity = computePopularity(toInteractions([[event(1, 10)], [event(0, 0)]], 3), NOW, 10);
    expect(popularity).toEqual(Float32Array.of(1, 0.5, 0));
  });

  it("does not grow by one user's reloads within a day", () => {
    const reloads = Array.from({ length: 50 }, () => event(0, 1, 'VIEW'));
    const popularity = computePopularity(toInteractions([reloads, [event(1, 1, 'VIEW')]], 2), NOW, 10);
    expect(popularity[0]).toBeCloseTo(popularity[1]!, 6);
  });

  it('counts the strongest event of a day, whatever came before it', () => {
    const day = [event(0, 1, 'VIEW'), event(0, 1, 'CART'), event(0, 1, 'PURCHASE')];
    const popularity = computePopularity(toInteractions([day, [event(1, 1)]], 2), NOW, 10);
    expect(popularity[0]).toBeCloseTo(popularity[1]!, 6);
  });
});

describe('trending', () => {
  const many = (count: number, item: number, daysAgo: number) =>
    Array.from({ length: count }, () => [event(item, daysAgo)]);

  it('puts a rise of many before a tiny item and before a steady favourite', () => {
    const users = [...many(60, 0, 2), ...many(80, 0, 30), ...many(2, 1, 1), ...many(100, 2, 3), ...many(800, 2, 30)];
    const trending = computeTrending(toInteractions(users, 3), NOW);
    expect(trending[0]).toBe(1);
    expect(trending[1]).toBeLessThan(0.2);
    expect(trending[2]).toBe(0);
  });

  it('is seen from the last day of data that end in the past', async () => {
    const { trending, popularity } = await train(many(20, 1, 0), 2, NOW + 4_000 * SECONDS_PER_DAY);
    expect(trending).toEqual(Float32Array.of(0, 1));
    expect(popularity).toEqual(Float32Array.of(0, 1));
  });
});

describe('bought together', () => {
  it('pairs what a customer buys on the same day, not what they view or buy another day', async () => {
    const user = () => [event(0, 9), event(1, 9), event(2, 9, 'VIEW'), event(3, 2)];
    const { boughtTogether, related } = await train([user(), user()], 4);
    const partners = ({ items, ptr }: Neighbours, item: number) => [...items.subarray(ptr[item], ptr[item + 1])];
    expect([0, 1, 2, 3].map((item) => partners(boughtTogether, item))).toEqual([[1], [0], [], []]);
    expect(partners(related, 0)).toEqual([1, 3, 2]);
  });

  it('trusts many common baskets more than a lone one', async () => {
    const pair = (left: number, right: number) => [event(left, 1), event(right, 1)];
    const { boughtTogether } = await train([...Array.from({ length: 9 }, () => pair(0, 1)), pair(2, 3)], 4);
    expect(boughtTogether.scores[0]).toBeCloseTo(9 / 12, 6);
    expect(boughtTogether.scores[2]).toBeCloseTo(1 / 4, 6);
  });
});
