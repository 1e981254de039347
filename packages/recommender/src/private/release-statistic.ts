import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { addNoise, DiscreteGaussian, PrivacyParameterError } from '@sotto/privacy';
import type { Interactions } from '../interactions.ts';
import { openThread } from '../kernels/open-thread.ts';
import { TrainingCancelled, type TrainingContext, type TrainingInput } from '../trainer.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import { type AccountItems, boundAccountItems, invertAccountItems } from './account-items.ts';
import { chooseHeadItems } from './head.ts';
import {
  type CoOccurrenceInput,
  NoisyRows,
  ROWS_PER_CHUNK,
  type StatisticThreadData,
  type StatisticThreadMessage,
} from './noisy-rows.ts';
import { packedLength } from './packed-triangle.ts';
import type { ReleasedStatistic } from './released-statistic.ts';
import { ACCOUNT_UNITS, readVariances, type StatisticPlan } from './statistic-plan.ts';

export type ReleaseContext = Pick<TrainingContext, 'threads' | 'cancelFlag' | 'onProgress'>;

/**
 * Draws the private co-occurrence statistic: bounds each account's contribution, sums in whole numbers and adds discrete
 * Gaussian noise, on all threads. To be called once for a plan that was paid for: drawing again and choosing is not private.
 * Progress is by rows of the catalogue and tells nothing of the accounts.
 * @param input the accounts that may be learned from; `now` is the end of the window, and `productIds` the catalogue
 * @throws PrivacyParameterError when the plan is not of this mechanism; TrainingCancelled
 */
export async function releaseStatistic(
  input: TrainingInput,
  plan: StatisticPlan,
  context: ReleaseContext,
): Promise<ReleasedStatistic> {
  const { interactions, productIds, now } = input;
  const variances = readVariances(plan);
  if (productIds.length !== interactions.itemCount) throw new RangeError('There are not as many product ids as items.');
  if (new Set(productIds).size !== productIds.length)
    throw new PrivacyParameterError('productIds', 'must not repeat a product');
  const { maxItemsPerAccount: maxItems, recentDays } = plan;
  const interest = releaseInterest(boundAccountItems(interactions, { maxItems }), variances.interest);
  const since = now - recentDays * SECONDS_PER_DAY;
  const recentInterest = releaseInterest(
    boundAccountItems(interactions, { maxItems, since }),
    variances.recentInterest,
  );
  const deviations = {
    diagonal: toDeviation(variances.coOccurrence),
    interest: toDeviation(variances.interest),
    recentInterest: toDeviation(variances.recentInterest),
  };
  const head =
    plan.headProductIds === null
      ? chooseHeadItems({ interest, deviation: deviations.interest }, plan.maxHeadItems)
      : itemsOf(plan.headProductIds, productIds);
  const coOccurrence = await releaseCoOccurrence(
    interactions,
    head,
    { maxItems, variance: variances.coOccurrence },
    context,
  );
  return { endsAt: now, productIds, interest, recentInterest, recentDays, head, coOccurrence, deviations };
}

/**
 * Noisy sums of floor(2^16 / sqrt(k)) units for each of an account's k items: a change of norm at most 2^16, since k of them
 * squared are at most k 2^32 / k.
 */
function releaseInterest(accounts: AccountItems, variance: bigint): Float32Array {
  const sums = sumInterest(accounts);
  addNoise(new DiscreteGaussian({ variance }), sums);
  return Float32Array.from(sums, (units) => units / ACCOUNT_UNITS);
}

/** The exact sums in units. Shape [itemCount]. */
export function sumInterest({ accountCount, itemCount, ptr, items }: AccountItems): Float64Array {
  const sums = new Float64Array(itemCount);
  for (let account = 0; account < accountCount; account++) {
    const start = ptr[account]!;
    const end = ptr[account + 1]!;
    // The square root is correctly rounded, and no whole number lies between sqrt(x) and its floor: exact up to 2^53.
    const units = Math.floor(Math.sqrt(Math.floor(ACCOUNT_UNITS ** 2 / (end - start))));
    for (let at = start; at < end; at++) sums[items[at]!] = sums[items[at]!]! + units;
  }
  return sums;
}

async function releaseCoOccurrence(
  interactions: Interactions,
  head: Int32Array,
  { maxItems, variance }: { readonly maxItems: number; readonly variance: bigint },
  context: ReleaseContext,
): Promise<Float32Array> {
  const places = new Int32Array(interactions.itemCount).fill(-1);
  for (const [place, item] of head.entries()) places[item] = place;
  const accounts = boundAccountItems(interactions, { maxItems, places, placeCount: head.length });
  const byItem = invertAccountItems(accounts);
  const input: CoOccurrenceInput = {
    itemCount: head.length,
    accountPtr: accounts.ptr,
    accountItems: accounts.items,
    itemPtr: byItem.ptr,
    itemAccounts: byItem.accounts,
    variance: variance.toString(),
  };
  const bytes = packedLength(head.length) * Float32Array.BYTES_PER_ELEMENT;
  const out = new Float32Array(new SharedArrayBuffer(bytes));
  const report = countRows(head.length, context);
  if (context.threads <= 1) await drawHere(input, out, context, report);
  else await drawInThreads({ input, out, next: shareZero(), cancelFlag: context.cancelFlag }, context.threads, report);
  if (Atomics.load(context.cancelFlag, 0) !== 0) throw new TrainingCancelled('The training was cancelled.');
  return out;
}

async function drawHere(
  input: CoOccurrenceInput,
  out: Float32Array,
  { cancelFlag }: ReleaseContext,
  report: (rows: number) => void,
): Promise<void> {
  const rows = new NoisyRows(input);
  for (let begin = 0; begin < input.itemCount && Atomics.load(cancelFlag, 0) === 0; begin += ROWS_PER_CHUNK) {
    const end = Math.min(begin + ROWS_PER_CHUNK, input.itemCount);
    rows.write(begin, end, out);
    report(end - begin);
    await setImmediate();
  }
}

/** Threads that end by themselves when no row is left. */
async function drawInThreads(
  data: StatisticThreadData,
  threads: number,
  report: (rows: number) => void,
): Promise<void> {
  const workers = Array.from({ length: threads }, () => openThread('statistic', data));
  try {
    for (const worker of workers) worker.on('message', (rows: StatisticThreadMessage) => report(rows));
    // Rejects when a thread fails: what it left undone has no noise, and nothing of it is returned.
    await Promise.all(workers.map((worker) => once(worker, 'exit')));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** The first rows of a triangle are the longest, so the share that is done is by entries. */
function countRows(order: number, { onProgress }: ReleaseContext): (rows: number) => void {
  let done = 0;
  return (rows) => {
    done += rows;
    onProgress(1 - packedLength(order - done) / packedLength(order), 'Drawing noise');
  };
}

function itemsOf(headProductIds: readonly number[], productIds: Int32Array): Int32Array {
  const itemOfProduct = new Map(Array.from(productIds, (product, item) => [product, item]));
  const items = headProductIds.flatMap((product) => itemOfProduct.get(product) ?? []);
  return Int32Array.from(new Set(items)).sort();
}

function toDeviation(variance: bigint): number {
  return Math.sqrt(Number(variance)) / ACCOUNT_UNITS;
}

function shareZero(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
