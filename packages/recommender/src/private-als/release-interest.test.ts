import { expect, it } from 'vitest';
import { boundAccountItems } from '../private/account-items.ts';
import { emptyContent } from '../private/content-features.ts';
import { createRandom } from '../random.ts';
import { createContext, NOW, type Row, toInteractions } from '../testing/checkerboard.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import { planPrivateAls } from './plan.ts';
import { releaseInterest } from './release-interest.ts';

const ITEMS = 40;
const RISING = 7;
const plan = planPrivateAls({ epsilon: '2', delta: '0.000001', itemCount: ITEMS });
const OLD = NOW - (plan.recentDays + 1) * SECONDS_PER_DAY;

async function release(accounts: readonly (readonly Row[])[]) {
  const interactions = toInteractions(accounts, ITEMS);
  const input = { interactions, productIds: Int32Array.from({ length: ITEMS }, (_, item) => item), now: NOW };
  const bounded = boundAccountItems(interactions, { maxItems: plan.hyperparameters.maxItemsPerAccount });
  return releaseInterest(bounded, input, plan, emptyContent(ITEMS), createContext());
}

/** Accounts that took four items of all each, long ago; of late every second one took one more. */
function drawAccounts(count: number, recentOf: (random: () => number) => number): Row[][] {
  const random = createRandom(3);
  return Array.from({ length: count }, (_, account) => {
    const rows = Array.from({ length: 4 }, () => ({ item: Math.floor(ITEMS * random()), time: OLD }));
    return account % 2 === 0 ? rows : [...rows, { item: recentOf(random), time: NOW }];
  });
}

it('tells what rises from what is popular', async () => {
  const anyItem = (random: () => number) => Math.floor(ITEMS * random());
  const { popularity, trend, rise, isMeasured } = await release(
    drawAccounts(4_000, (random) => (random() < 0.2 ? RISING : anyItem(random))),
  );
  // Of some 2,000 recent accounts 440 took the one, 40 each of the others; the noise's deviation is about 11 accounts. By
  // popularity 95 and 49 were expected: trends of 4.6 and .8, of deviations .25 and .27. Any limit here is passed by chance
  // in fewer than one run of a hundred thousand.
  expect(rise.indexOf(Math.max(...rise))).toBe(RISING);
  expect(trend[RISING]).toBeGreaterThan(3);
  expect([...trend].filter((value) => value > 2.2)).toHaveLength(1);
  // An account with four or five items adds half of itself to each: about 4,000 x 4 / 40 / 2 for each item.
  expect(popularity.every((value, item) => value > (item === RISING ? 250 : 150) && value < 450)).toBe(true);
  expect(isMeasured.every((value) => value === 1)).toBe(true);
});

it('knows the window that recent interest is counted over', async () => {
  const within = NOW - plan.recentDays * SECONDS_PER_DAY;
  const { rise } = await release(
    Array.from({ length: 800 }, (_, account) => [{ item: account % 2, time: account % 2 === 0 ? within : within - 1 }]),
  );
  // Both items are as popular, and 200 of 400 recent accounts were expected of each: off by over ten deviations each.
  expect(rise[0]).toBeGreaterThan(5);
  expect(rise[1]).toBeLessThan(-5);
});

it('is noise where nobody is, and models can divide by it', async () => {
  const { popularity, trend, rise, isMeasured } = await release([]);
  expect(popularity.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
  expect(trend.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
  expect(rise.every(Number.isFinite)).toBe(true);
  // 16 in a hundred pass one deviation: of 40 items more than 20 would in fewer than one run in ten million.
  expect(isMeasured.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(20);
});
