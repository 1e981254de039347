import type { Interactions } from './interactions.ts';
import { computePopularity, forEachDailyInterest, lastMoment, scaleToOne } from './interest.ts';
import { findCosineNeighbours } from './neighbours.ts';
import { Pacer, stageOf } from './pacing.ts';
import type { ServingModel } from './recommender.ts';
import type { SparseMatrix } from './sparse-matrix.ts';
import type { TrainingContext, TrainingInput } from './trainer.ts';
import { collectUserItems, MAX_ITEMS_PER_USER, PURCHASE, SECONDS_PER_DAY } from './user-items.ts';

export type Companions = Pick<ServingModel, 'popularity' | 'trending' | 'related' | 'boughtTogether'>;

const NEIGHBOUR_WIDTH = 50;
const POPULARITY_HALF_LIFE_DAYS = 14;
const TREND_DAYS = 7;
const TREND_PAST_DAYS = 56;
/** Interest that a trend must rise above before it counts: a purchase or two of a new item is chance. */
const TREND_NOISE = 10;
/** Common users, a purchase counting 1, at which a similarity counts half. */
const RELATED_SHRINKAGE = 2;
/** Common baskets at which a similarity counts half. */
const BASKET_SHRINKAGE = 3;

/**
 * The statistics every model version carries for the placements that are not personal.
 * @throws TrainingCancelled
 */
export async function trainCompanions(input: TrainingInput, context: TrainingContext): Promise<Companions> {
  const { interactions } = input;
  const now = lastMoment(interactions, input.now);
  const cosine = { width: NEIGHBOUR_WIDTH };
  const related = await findCosineNeighbours(
    collectUserItems(interactions, MAX_ITEMS_PER_USER),
    { ...cosine, shrinkage: RELATED_SHRINKAGE },
    new Pacer(stageOf(context, 0, 0.6), 'Related products'),
  );
  const boughtTogether = await findCosineNeighbours(
    collectBaskets(interactions),
    { ...cosine, shrinkage: BASKET_SHRINKAGE },
    new Pacer(stageOf(context, 0.6, 1), 'Products bought together'),
  );
  return {
    popularity: computePopularity(interactions, now, POPULARITY_HALF_LIFE_DAYS),
    trending: computeTrending(interactions, now),
    related,
    boughtTogether,
  };
}

/**
 * Interest of the last week over what the eight weeks before it led to expect, in units of its chance deviation
 * (interest as a Poisson count), scaled to a maximum of 1. An item as quiet as ever has 0.
 * @param now seconds since 1970
 * @returns shape [itemCount]
 */
export function computeTrending(interactions: Interactions, now: number): Float32Array {
  const recent = new Float64Array(interactions.itemCount);
  const past = new Float64Array(interactions.itemCount);
  forEachDailyInterest(interactions, (item, time, weight) => {
    const ageDays = (now - time) / SECONDS_PER_DAY;
    if (ageDays < TREND_DAYS) recent[item]! += weight;
    else if (ageDays < TREND_DAYS + TREND_PAST_DAYS) past[item]! += weight;
  });
  const rise = recent.map((interest, item) => {
    const expected = (past[item]! * TREND_DAYS) / TREND_PAST_DAYS;
    return Math.max(0, interest - expected) / Math.sqrt(expected + TREND_NOISE);
  });
  return scaleToOne(rise);
}

/** A row for each user and day (UTC) with purchases, its columns the distinct items bought. */
function collectBaskets(interactions: Interactions): SparseMatrix {
  const { userCount, itemCount, userPtr, itemIdx, kind, time } = interactions;
  const rowPtr = [0];
  const columnIdx: number[] = [];
  const lastBasket = new Int32Array(itemCount).fill(-1);
  for (let user = 0; user < userCount; user++) {
    let basketDay = -1;
    for (let row = userPtr[user]!; row < userPtr[user + 1]!; row++) {
      if (kind[row] !== PURCHASE) continue;
      const day = Math.floor(time[row]! / SECONDS_PER_DAY);
      if (day !== basketDay && columnIdx.length > rowPtr.at(-1)!) rowPtr.push(columnIdx.length);
      basketDay = day;
      const basket = rowPtr.length - 1;
      const item = itemIdx[row]!;
      const size = columnIdx.length - rowPtr[basket]!;
      if (lastBasket[item] === basket || size >= MAX_ITEMS_PER_USER) continue;
      lastBasket[item] = basket;
      columnIdx.push(item);
    }
    if (columnIdx.length > rowPtr.at(-1)!) rowPtr.push(columnIdx.length);
  }
  return {
    rowCount: rowPtr.length - 1,
    columnCount: itemCount,
    rowPtr: Int32Array.from(rowPtr),
    columnIdx: Int32Array.from(columnIdx),
    values: new Float32Array(columnIdx.length).fill(1),
  };
}
