/** The best of a score vector, best first. Parallel arrays. */
export interface TopK {
  readonly positions: Int32Array;
  readonly scores: Float64Array;
}

/**
 * The `count` best eligible positions of a score vector. Scores that are not finite and above zero are no candidates;
 * equal ones are ordered by the lower tie-break. One pass with a heap, so `isEligible` is asked only of positions
 * that would get in.
 */
export function selectTopK(
  vector: Float32Array | Float64Array,
  count: number,
  isEligible: (position: number) => boolean,
  tieBreakOf: (position: number) => number,
): TopK {
  const positions = new Int32Array(count);
  const scores = new Float64Array(count);
  let size = 0;
  const isWorse = (slot: number, score: number, position: number) =>
    scores[slot]! < score || (scores[slot] === score && tieBreakOf(positions[slot]!) > tieBreakOf(position));
  const siftDown = (score: number, position: number) => {
    let slot = 0;
    for (let child = 1; child < size; child = 2 * slot + 1) {
      if (child + 1 < size && isWorse(child + 1, scores[child]!, positions[child]!)) child++;
      if (!isWorse(child, score, position)) break;
      scores[slot] = scores[child]!;
      positions[slot] = positions[child]!;
      slot = child;
    }
    scores[slot] = score;
    positions[slot] = position;
  };
  let least = 0;
  for (let position = 0; position < vector.length && count > 0; position++) {
    const score = vector[position]!;
    if (!(score >= least && score > 0 && score < Number.POSITIVE_INFINITY)) continue;
    const isFull = size === count;
    if (isFull && !isWorse(0, score, position)) continue;
    if (!isEligible(position)) continue;
    if (isFull) siftDown(score, position);
    else {
      let slot = size++;
      while (slot > 0) {
        const parent = (slot - 1) >>> 1;
        if (isWorse(parent, score, position)) break;
        scores[slot] = scores[parent]!;
        positions[slot] = positions[parent]!;
        slot = parent;
      }
      scores[slot] = score;
      positions[slot] = position;
    }
    if (size === count) least = scores[0]!;
  }
  const found = size;
  while (size > 1) {
    const [score, position] = [scores[0]!, positions[0]!];
    const last = --size;
    siftDown(scores[last]!, positions[last]!);
    scores[last] = score;
    positions[last] = position;
  }
  return { positions: positions.subarray(0, found), scores: scores.subarray(0, found) };
}
