import { availableParallelism } from 'node:os';
import { type CatalogueContent, collectInteractions, type InteractionRow } from '@sotto/recommender/evaluation';
import {
  decodeStatistic,
  encodeStatistic,
  planStatistic,
  releaseStatistic,
  trainFromStatistics,
  trainModel,
} from '@sotto/recommender/training';
import { generateDemoShop } from '../../demo/index.ts';
import { type BenchResult, describeMachine } from './result.ts';

const ITEMS = 10_000;
const CUSTOMERS = 60_000;
const UNTIL = new Date('2026-01-01T00:00:00Z');

/**
 * Seconds to release the statistic of a demo shop of 10,000 products and 60,000 customers at epsilon 1, to write and read it,
 * and to train all that is served from it; the peak memory of the whole process, shop included. The yardstick is implicit
 * ALS without privacy on the same rows.
 */
export async function benchPrivate(): Promise<BenchResult> {
  const { interactions, catalogue, now } = generateRows();
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
  const input = { interactions, productIds, now };
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

function generateRows() {
  const shop = generateDemoShop({ customers: CUSTOMERS, products: ITEMS, until: UNTIL });
  const catalogue: CatalogueContent = {
    categories: shop.products.map(({ input }) => input.categories ?? []),
    brands: shop.products.map(({ input }) => input.brand ?? null),
    prices: shop.products.map(({ price }) => price),
    titles: shop.products.map(({ input }) => input.title),
  };
  const interactions = collectInteractions(readRows(), ITEMS);
  return { interactions, catalogue, now: UNTIL.getTime() / 1_000 };

  function* readRows(): Generator<InteractionRow> {
    for (const customer of shop.customers()) {
      for (const { product, type, occurredAt } of customer.interactions) {
        yield { user: customer.index, item: product.index, kind: type, time: Math.floor(occurredAt / 1_000) };
      }
    }
  }
}

async function time<Result>(
  run: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly seconds: number }> {
  const startedAt = performance.now();
  const result = await run();
  return { result, seconds: (performance.now() - startedAt) / 1_000 };
}
