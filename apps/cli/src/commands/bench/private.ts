import { availableParallelism } from 'node:os';

import {
  type CatalogueContent,
  createRandom,
  decodeStatistic,
  encodeStatistic,
  INTERACTION_KINDS,
  type Interactions,
  planStatistic,
  releaseStatistic,
  trainFromStatistics,
  trainModel,
} from '@sotto/recommender/training';
import { type BenchResult, describeMachine } from './result.ts';

const ITEMS = 10_000;
const CUSTOMERS = 60_000;
const CATEGORIES = 200;
const PER_CATEGORY = ITEMS / CATEGORIES;
const ROWS_PER_CUSTOMER = 40;
const NOW = 1_767_225_600;
const SPAN_SECONDS = 200 * 86_400;

/**
 * Seconds to release the statistic of a made-up shop of 10,000 products and 60,000 customers at epsilon 1, to write and read it,
 * and to train all that is served from it; the peak memory of the whole process, shop included. The yardstick is implicit
 * ALS without privacy on the same rows.
 */
export async function benchPrivate(): Promise<BenchResult> {
  const { interactions, catalogue } = generateRows();
  const productIds = Int32Array.from({ length: ITEMS }, (_, item) => item);
  const context = {
    seed: 1,
    threads: availableParallelism(),
    cancelFlag: new Int32Array(new SharedArrayBuffer(4)),
    onProgress: () => undefined,
    onPoint: () => undefined,
  };
  // The whole catalogue, where the release would leave out what its noise hides: the most that it can cost.
  const headProductIds = [...productIds];
  const plan = { ...planStatistic({ epsilon: '1', delta: '0.000001', productIds }), headProductIds };
  const input = { interactions, productIds, now: NOW };
  const released = await time(() => releaseStatistic(input, plan, context));
  const encoded = await time(async () => encodeStatistic(released.result));
  const statistics = [decodeStatistic(encoded.result)];
  const trained = await time(() =>
    trainFromStatistics('private-ease', {}, { statistics, catalogue, productIds }, context),
  );
  // Before the yardstick, whose memory is none of this.
  const peakMemoryMb = process.resourceUsage().maxRSS / 1_024;
  const yardstick = await time(() => trainModel('ials', {}, input, context));
  const seconds = released.seconds + encoded.seconds + trained.seconds;
  return {
    name: 'private',
    figures: {
      seconds,
      releaseSeconds: released.seconds,
      trainingSeconds: trained.seconds,
      statisticMb: encoded.result.byteLength / 2 ** 20,
      peakMemoryMb,
    },
    yardstick: { name: 'ials without privacy, seconds', value: yardstick.seconds },
    ratio: seconds / yardstick.seconds,
    machine: describeMachine(),
  };
}

/**
 * Accounts that keep to three of 200 categories and there, as everywhere, prefer what is well known: 40 interactions each
 * over 200 days, as a demo shop has, but drawn in seconds.
 */
function generateRows() {
  const random = createRandom(1);
  const rows = CUSTOMERS * ROWS_PER_CUSTOMER;
  const itemIdx = new Int32Array(rows);
  const time = new Uint32Array(rows);
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    const own = [random(), random(), random()].map((draw) => Math.floor(draw * CATEGORIES));
    for (let row = 0; row < ROWS_PER_CUSTOMER; row++) {
      const at = customer * ROWS_PER_CUSTOMER + row;
      const category = own[Math.floor(random() ** 2 * own.length)]!;
      itemIdx[at] = category * PER_CATEGORY + Math.floor(random() ** 2 * PER_CATEGORY);
      time[at] = NOW - Math.floor(((ROWS_PER_CUSTOMER - row - random()) / ROWS_PER_CUSTOMER) * SPAN_SECONDS);
    }
  }
  const interactions: Interactions = {
    userCount: CUSTOMERS,
    itemCount: ITEMS,
    userPtr: Int32Array.from({ length: CUSTOMERS + 1 }, (_, customer) => customer * ROWS_PER_CUSTOMER),
    itemIdx,
    kind: new Uint8Array(rows).fill(INTERACTION_KINDS.indexOf('PURCHASE')),
    time,
  };
  const items = Array.from({ length: ITEMS }, (_, item) => item);
  const categoryOf = (item: number) => Math.floor(item / PER_CATEGORY);
  const catalogue: CatalogueContent = {
    categories: items.map((item) => [`department ${categoryOf(item) % 20}`, `category ${categoryOf(item)}`]),
    brands: items.map((item) => `brand ${(item * 7) % 400}`),
    prices: items.map((item) => 5 + ((item * 13) % 95)),
    titles: items.map((item) => `Thing of category ${categoryOf(item)}`),
  };
  return { interactions, catalogue };
}

async function time<Result>(
  run: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly seconds: number }> {
  const startedAt = performance.now();
  const result = await run();
  return { result, seconds: (performance.now() - startedAt) / 1_000 };
}
