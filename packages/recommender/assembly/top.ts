import { dot } from './simd';

// A min-heap of (score, index): at its root the worst, equal scores with the higher index being worse.

// @ts-ignore: decorator
@inline
function isWorse(scores: usize, indices: usize, at: i32, score: f32, index: i32): bool {
  const own = load<f32>(scores + (<usize>at << 2));
  return own < score || (own == score && load<i32>(indices + (<usize>at << 2)) > index);
}

// @ts-ignore: decorator
@inline
function place(scores: usize, indices: usize, at: i32, score: f32, index: i32): void {
  store<f32>(scores + (<usize>at << 2), score);
  store<i32>(indices + (<usize>at << 2), index);
}

/** @returns the new size */
function offer(scores: usize, indices: usize, size: i32, capacity: i32, score: f32, index: i32): i32 {
  let at = size;
  if (size < capacity) {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const s = load<f32>(scores + (<usize>parent << 2)),
        i = load<i32>(indices + (<usize>parent << 2));
      if (s < score || (s == score && i > index)) break;
      place(scores, indices, at, s, i);
      at = parent;
    }
    place(scores, indices, at, score, index);
    return size + 1;
  }
  if (!isWorse(scores, indices, 0, score, index)) return size;
  at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size) {
      const s = load<f32>(scores + (<usize>child << 2)),
        i = load<i32>(indices + (<usize>child << 2));
      if (isWorse(scores, indices, child + 1, s, i)) child++;
    }
    if (!isWorse(scores, indices, child, score, index)) break;
    place(scores, indices, at, load<f32>(scores + (<usize>child << 2)), load<i32>(indices + (<usize>child << 2)));
    at = child;
  }
  place(scores, indices, at, score, index);
  return size;
}

// @ts-ignore: decorator
@inline
function sumLanesOfFourI32(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/** A chain of choices, since an instruction's lane is a constant. */
function laneOf(v: v128, lane: i32): f32 {
  if (lane == 0) return f32x4.extract_lane(v, 0);
  if (lane == 1) return f32x4.extract_lane(v, 1);
  if (lane == 2) return f32x4.extract_lane(v, 2);
  return f32x4.extract_lane(v, 3);
}

/**
 * Rows that may be among the greatest products with a query, by bounds on the quantization's error. The heap keeps the
 * `capacity` greatest lower bounds: a row whose upper bound is below its root cannot be among them.
 * @param query int16, shape [rank], rank a multiple of 16
 * @param codes int8, shape [rows x rank]
 * @param scales what a code times a step of the query is worth, by row
 * @param errors norm of what quantization lost, by row
 * @param rows multiple of 4
 * @param slack what quantizing the query and rounding may add
 * @param candidates, uppers shape [rows]
 * @returns number of candidates
 */
export function findCandidates(
  query: usize,
  codes: usize,
  scales: usize,
  errors: usize,
  rows: i32,
  rank: usize,
  queryScale: f32,
  queryNorm: f32,
  slack: f32,
  capacity: i32,
  heapScores: usize,
  heapIndices: usize,
  candidates: usize,
  uppers: usize,
): i32 {
  const scaleOfQuery = f32x4.splat(queryScale),
    normOfQuery = f32x4.splat(queryNorm),
    slacks = f32x4.splat(slack);
  let threshold = f32x4.splat(-Infinity);
  let size = 0;
  let found = 0;
  const step2 = rank << 1,
    step3 = step2 + rank;
  for (let row = 0; row < rows; row += 4) {
    let c = codes + <usize>row * rank;
    const end = query + step2;
    let s0 = i32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let q = query; q < end; q += 32) {
      let v = v128.load(q);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v, v128.load8x8_s(c)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v, v128.load8x8_s(c + rank)));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v, v128.load8x8_s(c + step2)));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v, v128.load8x8_s(c + step3)));
      v = v128.load(q, 16);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v, v128.load8x8_s(c, 8)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v, v128.load8x8_s(c + rank, 8)));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v, v128.load8x8_s(c + step2, 8)));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v, v128.load8x8_s(c + step3, 8)));
      c += 16;
    }
    const at = <usize>row << 2;
    const product = f32x4.mul(
      f32x4.convert_i32x4_s(sumLanesOfFourI32(s0, s1, s2, s3)),
      f32x4.mul(scaleOfQuery, v128.load(scales + at)),
    );
    const error = f32x4.add(slacks, f32x4.mul(normOfQuery, v128.load(errors + at)));
    const upper = f32x4.add(product, error);
    const passing = i32x4.bitmask(f32x4.ge(upper, threshold));
    if (passing == 0) continue;
    const lower = f32x4.sub(product, error);
    for (let lane = 0; lane < 4; lane++) {
      if (!((passing >> lane) & 1)) continue;
      place(uppers, candidates, found++, laneOf(upper, lane), row + lane);
      size = offer(heapScores, heapIndices, size, capacity, laneOf(lower, lane), row + lane);
    }
    if (size == capacity) threshold = f32x4.splat(load<f32>(heapScores));
  }
  return found;
}

/** The exact greatest among candidates, as a heap. @returns size of the heap */
export function rankCandidates(
  candidates: usize,
  uppers: usize,
  found: i32,
  threshold: f32,
  rows: i32,
  query: usize,
  factors: usize,
  rank: usize,
  capacity: i32,
  heapScores: usize,
  heapIndices: usize,
): i32 {
  let size = 0;
  for (let at = 0; at < found; at++) {
    const row = load<i32>(candidates + (<usize>at << 2));
    if (load<f32>(uppers + (<usize>at << 2)) < threshold || row >= rows) continue;
    const score = dot(query, factors + ((<usize>row * rank) << 2), rank);
    size = offer(heapScores, heapIndices, size, capacity, score, row);
  }
  return size;
}
