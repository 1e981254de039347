import {
  createRandom,
  INTERACTION_KINDS,
  type Interactions,
  planPrivateAls,
  trainPrivateAlsInThread,
} from '@sotto/recommender/training';
import { type BenchResult, describeMachine } from './result.ts';

const ACCOUNTS = 60_000;
const ITEMS = 10_000;
const ITEMS_PER_ACCOUNT = 40;
const CATEGORIES = 200;
/** As long may a private training of 10,000 items and 60,000 accounts take on two cores. */
const LIMIT_SECONDS = 150;

/**
 * Seconds and peak memory of a whole private ALS training at epsilon 4, companions and artifact included, on 60,000 accounts
 * and 10,000 items, as the worker runs it. The yardstick is that limit.
 */
export async function benchPrivateAls(): Promise<BenchResult> {
  const interactions = drawInteractions();
  const plan = planPrivateAls({ epsilon: '4', delta: '0.000001', itemCount: ITEMS });
  const input = {
    interactions,
    productIds: Int32Array.from({ length: ITEMS }, (_, item) => item + 1),
    now: ITEMS_PER_ACCOUNT,
    catalogue: {
      categories: Array.from({ length: ITEMS }, (_, item) => [`${item % CATEGORIES}`]),
      brands: Array.from({ length: ITEMS }, (_, item) => `${Math.floor(item / CATEGORIES)}`),
      prices: Array.from({ length: ITEMS }, () => null),
      titles: Array.from({ length: ITEMS }, () => ''),
    },
  };
  const start = performance.now();
  const { artifact } = await trainPrivateAlsInThread(input, plan, {
    seed: 1,
    threads: 2,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onPoint: () => undefined,
  });
  const seconds = (performance.now() - start) / 1_000;
  return {
    name: 'private-als',
    figures: { seconds, artifactMb: artifact.length / 2 ** 20, peakMb: process.resourceUsage().maxRSS / 2 ** 10 },
    yardstick: { name: 'most seconds of a private training', value: LIMIT_SECONDS },
    ratio: seconds / LIMIT_SECONDS,
    machine: describeMachine(),
  };
}

/** Accounts that like a few categories, of which they view items, the first ones of each most. */
function drawInteractions(): Interactions {
  const random = createRandom(1);
  const rows = ACCOUNTS * ITEMS_PER_ACCOUNT;
  const itemIdx = new Int32Array(new SharedArrayBuffer(rows * Int32Array.BYTES_PER_ELEMENT));
  const kind = new Uint8Array(new SharedArrayBuffer(rows)).fill(INTERACTION_KINDS.indexOf('VIEW'));
  const time = new Uint32Array(new SharedArrayBuffer(rows * Uint32Array.BYTES_PER_ELEMENT));
  const userPtr = Int32Array.from({ length: ACCOUNTS + 1 }, (_, account) => account * ITEMS_PER_ACCOUNT);
  for (let row = 0; row < rows; row++) {
    const account = Math.floor(row / ITEMS_PER_ACCOUNT);
    const category = (account * 7 + Math.floor(6 * random()) * 31) % CATEGORIES;
    itemIdx[row] = category + CATEGORIES * Math.floor((ITEMS / CATEGORIES) * random() ** 2);
    time[row] = row % ITEMS_PER_ACCOUNT;
  }
  return { userCount: ACCOUNTS, itemCount: ITEMS, userPtr, itemIdx, kind, time };
}
