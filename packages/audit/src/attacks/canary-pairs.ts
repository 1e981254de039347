import { INTERACTION_KINDS, type TrainingInput } from '@sotto/recommender/training';

/** Canaries: each buys two products that nobody else buys, so no two of them share an entry of anything that is summed. */
export const CANARY_PAIRS = 20;
/** In units of one canary, for Gaussian noise. */
export const PAIRS_FACTOR = Math.sqrt(CANARY_PAIRS);
/** A few more products, bought by those who are there in either case. Together fewer than are all counted. */
const OTHER_ITEMS = 8;
export const ITEM_COUNT = 2 * CANARY_PAIRS + OTHER_ITEMS;
const NOW = 1_769_774_400; // 2026-01-30T12:00:00Z
const HOUR = 3_600;

/** The two items of a canary. */
export const firstItem = (canary: number) => 2 * canary;
export const secondItem = (canary: number) => 2 * canary + 1;

/** A shop of a few others, with all canaries or none. */
export function canaryInteractions(hasCanaries: boolean): TrainingInput {
  const histories: (readonly number[])[] = [];
  for (let item = 2 * CANARY_PAIRS; item + 1 < ITEM_COUNT; item++) histories.push([item, item + 1]);
  if (hasCanaries)
    for (let canary = 0; canary < CANARY_PAIRS; canary++) histories.push([firstItem(canary), secondItem(canary)]);
  const userPtr = Int32Array.from({ length: histories.length + 1 }, (_, user) => 2 * user);
  const itemIdx = Int32Array.from(histories.flat());
  return {
    interactions: {
      userCount: histories.length,
      itemCount: ITEM_COUNT,
      userPtr,
      itemIdx,
      kind: new Uint8Array(itemIdx.length).fill(INTERACTION_KINDS.indexOf('PURCHASE')),
      time: Uint32Array.from(itemIdx, (_, row) => NOW - (row % 2 === 0 ? 2 : 1) * HOUR),
    },
    productIds: Int32Array.from({ length: ITEM_COUNT }, (_, item) => item + 1),
    now: NOW,
  };
}
