import { expect, it } from 'vitest';
import { NOW, toInteractions } from '../testing/checkerboard.ts';
import { DISLIKE } from '../user-items.ts';
import { splitLatestItems } from './latest-item.ts';

const row = (item: number, index: number) => ({ item, time: NOW + index });
const askable = Array.from({ length: 40 }, (_, user) => [user % 5, 5, 6 + (user % 3)].map(row));
const unaskable = [[1, 2, 1].map(row), [3, 4].map(row)];
const interactions = toInteractions([...unaskable, ...askable], 10);
const options = { sampleSize: 10, minimumUsersPerSample: 4, seed: 7 };

it('keeps back the latest row of as many users as asked, and of nobody else', () => {
  const split = splitLatestItems(interactions, options)!;
  expect(split.users).toHaveLength(10);
  for (const { history, targets } of split.users) {
    expect(history.itemIdx).toHaveLength(2);
    expect(targets[0]).toBeGreaterThan(5);
  }
  expect(split.training.itemIdx).toHaveLength(interactions.itemIdx.length - 10);
  expect([...split.training.itemIdx.subarray(0, 5)]).toEqual([1, 2, 1, 3, 4]);
  expect(splitLatestItems(interactions, options)).toEqual(split);
  expect(splitLatestItems(interactions, { ...options, seed: 8 })).not.toEqual(split);
});

it('asks nobody where there are too few', () => {
  expect(splitLatestItems(interactions, { ...options, sampleSize: 11 })).toBeUndefined();
});

it('does not ask for what was disliked', () => {
  const dislikers = Array.from({ length: 40 }, () =>
    [1, 2, 3].map(row).map((of, at) => (at < 2 ? of : { ...of, kind: DISLIKE })),
  );
  expect(splitLatestItems(toInteractions(dislikers, 10), options)).toBeUndefined();
  const targets = splitLatestItems(toInteractions([...dislikers, ...askable], 10), options)!.users.map(
    (user) => user.targets[0],
  );
  expect(targets).not.toContain(3);
});
