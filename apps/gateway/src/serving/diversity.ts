import type { Facets } from './product-version.ts';

const LEAF_SIMILARITY = 0.6;
const PARENT_SIMILARITY = 0.35;
const GRANDPARENT_SIMILARITY = 0.15;
const BRAND_SIMILARITY = 0.2;
const TITLE_SIMILARITY = 0.2;
/** Unrelated 32-bit hashes differ in 16 bits. */
const UNRELATED_BITS = 16;

/**
 * Orders candidates by maximal marginal relevance (Carbonell and Goldstein 1998): each next one maximises
 * (1 - diversity) x relevance - diversity x similarity to the likest one before it. Relevance is the score scaled to
 * [0, 1] over all candidates, so a longer request begins with the shorter one's answer.
 * @param scores best first
 * @param count how many to pick
 * @returns positions in the candidates
 */
export function pickDiverse(
  facets: readonly Facets[],
  scores: ArrayLike<number>,
  count: number,
  diversity: number,
): number[] {
  const total = facets.length;
  const best = scores[0] ?? 0;
  const range = best - (scores[total - 1] ?? 0) || 1;
  const likeness = new Float64Array(total);
  const isPicked = new Uint8Array(total);
  const picked: number[] = [];
  while (picked.length < Math.min(count, total)) {
    let next = -1;
    let nextValue = Number.NEGATIVE_INFINITY;
    for (let candidate = 0; candidate < total; candidate++) {
      if (isPicked[candidate]) continue;
      const relevance = 1 - (best - scores[candidate]!) / range;
      const value = (1 - diversity) * relevance - diversity * likeness[candidate]!;
      if (value > nextValue) {
        nextValue = value;
        next = candidate;
      }
    }
    isPicked[next] = 1;
    picked.push(next);
    const reference = facets[next]!;
    for (let candidate = 0; candidate < total; candidate++)
      if (!isPicked[candidate])
        likeness[candidate] = Math.max(likeness[candidate]!, measureLikeness(reference, facets[candidate]!));
  }
  return picked;
}

/** 0..1: by category, brand and title. */
export function measureLikeness(left: Facets, right: Facets): number {
  let likeness = 0;
  if (left.leaf >= 0 && left.leaf === right.leaf) likeness = LEAF_SIMILARITY;
  else if (left.parent >= 0 && left.parent === right.parent) likeness = PARENT_SIMILARITY;
  else if (left.grandparent >= 0 && left.grandparent === right.grandparent) likeness = GRANDPARENT_SIMILARITY;
  if (left.brand >= 0 && left.brand === right.brand) likeness += BRAND_SIMILARITY;
  const differing = countBits(left.titleHash ^ right.titleHash);
  return likeness + TITLE_SIMILARITY * Math.max(0, 1 - differing / UNRELATED_BITS);
}

function countBits(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
