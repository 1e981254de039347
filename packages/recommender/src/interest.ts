import type { Interactions } from './interactions.ts';
import { KIND_WEIGHTS, SECONDS_PER_DAY, weighAge } from './user-items.ts';

/**
 * Calls back with each row's weight, a user's strongest event on an item counting once a day, so that nobody's reloading
 * of a page makes an item popular.
 */
export function forEachDailyInterest(
  interactions: Interactions,
  visit: (item: number, time: number, weight: number) => void,
): void {
  const { userCount, itemCount, userPtr, itemIdx, kind, time } = interactions;
  const lastUser = new Int32Array(itemCount).fill(-1);
  const lastDay = new Int32Array(itemCount);
  const dayWeight = new Float32Array(itemCount);
  for (let user = 0; user < userCount; user++) {
    for (let row = userPtr[user]!; row < userPtr[user + 1]!; row++) {
      const item = itemIdx[row]!;
      const weight = KIND_WEIGHTS[kind[row]!]!;
      const day = Math.floor(time[row]! / SECONDS_PER_DAY);
      if (lastUser[item] !== user || lastDay[item] !== day) dayWeight[item] = 0;
      lastUser[item] = user;
      lastDay[item] = day;
      if (weight <= dayWeight[item]!) continue;
      visit(item, time[row]!, weight - dayWeight[item]!);
      dayWeight[item] = weight;
    }
  }
}

/**
 * Interest in each item, halved every `halfLifeDays`, scaled to a maximum of 1.
 * @param now seconds since 1970; what lies after it counts as of now
 * @returns shape [itemCount]
 */
export function computePopularity(interactions: Interactions, now: number, halfLifeDays: number): Float32Array {
  const totals = new Float64Array(interactions.itemCount);
  forEachDailyInterest(interactions, (item, time, weight) => {
    totals[item]! += weight * weighAge(time, { now, halfLifeDays });
  });
  return scaleToOne(totals);
}

/** Divides by the greatest value, so that it becomes 1; all zeros stay zeros. */
export function scaleToOne(values: Float64Array): Float32Array {
  const greatest = values.reduce((left, right) => Math.max(left, right), 0);
  return Float32Array.from(values, (value) => (greatest > 0 ? value / greatest : 0));
}

/** The newest interaction's time, `now` at most: shops whose data end in the past are seen from their own last day. */
export function lastMoment(interactions: Interactions, now: number): number {
  let newest = 0;
  for (const time of interactions.time) if (time > newest) newest = time;
  return newest === 0 ? now : Math.min(newest, now);
}
