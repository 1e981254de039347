import { createRandom, type SparseMatrix } from '@sotto/recommender/training';

export const USER_COUNT = 6_040;
export const ITEM_COUNT = 3_706;
export const OBSERVATION_COUNT = 1_000_000;
const SEED = 12_345;
const FEWEST_ITEMS = 20;
const MOST_ITEMS = 2_300;

/**
 * A million observations in the shape of MovieLens 1M, the one that ../shared/limits/als-native.sh computes on: activity
 * log-normal, popularity a flattened Zipf law. All values are 1.
 */
export function createMovieRatings(): SparseMatrix {
  const random = createRandom(SEED);
  const counts = drawCounts(random);
  const cumulative = new Float64Array(ITEM_COUNT);
  let total = 0;
  for (let item = 0; item < ITEM_COUNT; item++) cumulative[item] = total += (item + 30) ** -0.9;
  const rowPtr = new Int32Array(USER_COUNT + 1);
  const columnIdx = new Int32Array(OBSERVATION_COUNT);
  for (const [user, count] of counts.entries()) {
    const items = new Set<number>();
    while (items.size < count) items.add(findFirstAtLeast(cumulative, random() * total));
    columnIdx.set(
      [...items].sort((left, right) => left - right),
      rowPtr[user]!,
    );
    rowPtr[user + 1] = rowPtr[user]! + count;
  }
  const values = new Float32Array(OBSERVATION_COUNT).fill(1);
  return { rowCount: USER_COUNT, columnCount: ITEM_COUNT, rowPtr, columnIdx, values };
}

/** Items of each user, adding up to OBSERVATION_COUNT. */
function drawCounts(random: () => number): Int32Array {
  const activity = Float64Array.from({ length: USER_COUNT }, () =>
    Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
  );
  const sum = activity.reduce((left, right) => left + right, 0);
  const counts = Int32Array.from(activity, (share) =>
    Math.min(MOST_ITEMS, Math.max(FEWEST_ITEMS, Math.round((share / sum) * OBSERVATION_COUNT))),
  );
  let missing = OBSERVATION_COUNT - counts.reduce((left, right) => left + right, 0);
  while (missing !== 0) {
    const user = Math.floor(random() * USER_COUNT);
    const step = Math.sign(missing);
    const changed = counts[user]! + step;
    if (changed > MOST_ITEMS || changed < FEWEST_ITEMS) continue;
    counts[user] = changed;
    missing -= step;
  }
  return counts;
}

/** Index of the first of ascending values that is at least `bound`. */
function findFirstAtLeast(ascending: Float64Array, bound: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
