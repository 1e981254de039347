import { factorUpper, solveUpper } from './cholesky';
import { accumulateBlock, addScaled, dot, multiplyAdd, sumLanesOfFour } from './simd';

/** Floats of gathered rows that stay in the first-level cache between the block columns of a product. */
const GATHERED_FLOATS: usize = 8192;

/** Upper triangle of C += B'B by blocks of 4 x 8; the blocks on the diagonal write below it too. */
// @ts-ignore: decorator
@inline
function addOuterProducts(c: usize, b: usize, rows: i32, rank: usize): void {
  const step = rank << 2;
  for (let r: usize = 0; r < rank; r += 4) {
    for (let k = r & ~7; k < rank; k += 8) {
      accumulateBlock(b + (r << 2), step, b + (k << 2), step, rows, 1.0, c + r * step + (k << 2), step);
    }
  }
}

/**
 * Parts of a Gram matrix: part p sums y y' over its share of the rows. The parts do not depend on the number of
 * threads, nor does their sum.
 * @param out upper triangles, shape [parts x rank x rank]
 */
export function gramParts(
  begin: i32,
  end: i32,
  scratch: usize,
  factors: usize,
  rows: i32,
  rank: usize,
  parts: i32,
  out: usize,
): void {
  const bytes = (rank * rank) << 2;
  const slice = <i32>(GATHERED_FLOATS / rank);
  for (let part = begin; part < end; part++) {
    const first = <i32>((<i64>rows * part) / parts),
      last = <i32>((<i64>rows * (part + 1)) / parts);
    const c = out + <usize>part * bytes;
    memory.fill(c, 0, bytes);
    for (let row = first; row < last; row += slice) {
      addOuterProducts(c, factors + ((<usize>row * rank) << 2), min(slice, last - row), rank);
    }
  }
}

/** Rows begin..end of Y := Y Q. @param rotation Q, row-major [rank x rank] */
export function rotateRows(begin: i32, end: i32, scratch: usize, factors: usize, rank: usize, rotation: usize): void {
  const step = rank << 2;
  for (let row = begin; row < end; row++) {
    const y = factors + <usize>row * step;
    memory.copy(scratch, y, step);
    for (let c: usize = 0; c < step; c += 32) {
      let s0 = f32x4.splat(0),
        s1 = s0;
      let q = rotation + c;
      for (let k: usize = 0; k < step; k += 4) {
        const v = v128.load32_splat(scratch + k);
        s0 = multiplyAdd(v, v128.load(q), s0);
        s1 = multiplyAdd(v, v128.load(q, 16), s1);
        q += step;
      }
      v128.store(y + c, s0);
      v128.store(y + c, s1, 16);
    }
  }
}

// With Z = sqrt(W) Y D^-1/2, D being the diagonal of a row's system, its solution is
//   x = D^-1/2 inverse(I + Z'Z) Z' sqrt(w) = D^-1/2 Z' inverse(I + Z Z') sqrt(w)
// (the push-through identity), and whichever matrix is smaller is factored. No pivot of either is below 1.

/** By the rank x rank matrix. @param inverseRoot D^-1/2, shape [rank] */
function solvePrimal(
  x: usize,
  source: usize,
  items: usize,
  weights: usize,
  count: i32,
  inverseRoot: usize,
  rank: usize,
  scratch: usize,
): void {
  const step = rank << 2;
  const gathered = scratch + rank * step;
  const slice = <i32>(GATHERED_FLOATS / rank);
  memory.fill(scratch, 0, rank * step);
  memory.fill(x, 0, step);
  for (let k: usize = 0; k < rank; k++) store<f32>(scratch + k * step + (k << 2), 1);
  for (let q = 0; q < count; q += slice) {
    const rows = min(slice, count - q);
    for (let t = 0; t < rows; t++) {
      const y = source + <usize>load<i32>(items + (<usize>(q + t) << 2)) * step;
      const root = f32x4.splat(Mathf.sqrt(load<f32>(weights + (<usize>(q + t) << 2))));
      const z = gathered + <usize>t * step;
      for (let k: usize = 0; k < step; k += 16) {
        const v = f32x4.mul(root, f32x4.mul(v128.load(y + k), v128.load(inverseRoot + k)));
        v128.store(z + k, v);
        v128.store(x + k, multiplyAdd(root, v, v128.load(x + k)));
      }
    }
    addOuterProducts(scratch, gathered, rows, rank);
  }
  factorUpper(scratch, rank, 1);
  solveUpper(scratch, x, rank);
  scaleBy(x, inverseRoot, step);
}

/** By the count x count matrix. */
function solveDual(
  x: usize,
  source: usize,
  items: usize,
  weights: usize,
  count: i32,
  inverseRoot: usize,
  rank: usize,
  scratch: usize,
): void {
  const step = rank << 2;
  const order = (<usize>count + 7) & ~7;
  const z = scratch,
    m = z + order * step,
    c = m + ((order * order) << 2);
  for (let t: usize = 0; t < <usize>count; t++) {
    const y = source + <usize>load<i32>(items + (t << 2)) * step;
    const rootOfWeight = Mathf.sqrt(load<f32>(weights + (t << 2)));
    store<f32>(c + (t << 2), rootOfWeight);
    const root = f32x4.splat(rootOfWeight);
    const to = z + t * step;
    for (let k: usize = 0; k < step; k += 16) {
      v128.store(to + k, f32x4.mul(root, f32x4.mul(v128.load(y + k), v128.load(inverseRoot + k))));
    }
  }
  memory.fill(z + <usize>count * step, 0, (order - <usize>count) * step);
  memory.fill(c + (<usize>count << 2), 0, (order - <usize>count) << 2);
  for (let r: usize = 0; r < order; r += 2) {
    const a = z + r * step;
    for (let t = r & ~3; t < order; t += 4) {
      const b = z + t * step;
      let s00 = f32x4.splat(0),
        s01 = s00,
        s02 = s00,
        s03 = s00,
        s10 = s00,
        s11 = s00,
        s12 = s00,
        s13 = s00;
      for (let k: usize = 0; k < step; k += 16) {
        const a0 = v128.load(a + k),
          a1 = v128.load(a + step + k);
        let v = v128.load(b + k);
        s00 = multiplyAdd(a0, v, s00);
        s10 = multiplyAdd(a1, v, s10);
        v = v128.load(b + step + k);
        s01 = multiplyAdd(a0, v, s01);
        s11 = multiplyAdd(a1, v, s11);
        v = v128.load(b + (step << 1) + k);
        s02 = multiplyAdd(a0, v, s02);
        s12 = multiplyAdd(a1, v, s12);
        v = v128.load(b + (step << 1) + step + k);
        s03 = multiplyAdd(a0, v, s03);
        s13 = multiplyAdd(a1, v, s13);
      }
      const to = m + ((r * order + t) << 2);
      v128.store(to, sumLanesOfFour(s00, s01, s02, s03));
      v128.store(to + (order << 2), sumLanesOfFour(s10, s11, s12, s13));
    }
  }
  for (let t: usize = 0; t < order; t++) {
    const at = m + ((t * order + t) << 2);
    store<f32>(at, load<f32>(at) + 1);
  }
  factorUpper(m, order, 1);
  solveUpper(m, c, order);
  memory.fill(x, 0, step);
  for (let t: usize = 0; t < <usize>count; t++) addScaled(x, load<f32>(c + (t << 2)), z + t * step, rank);
  scaleBy(x, inverseRoot, step);
}

// @ts-ignore: decorator
@inline
function scaleBy(x: usize, factors: usize, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += 16) {
    v128.store(x + k, f32x4.mul(v128.load(x + k), v128.load(factors + k)));
  }
}

/**
 * Factors of rows begin..end: x = inverse(unobserved * G + sum w y y' + regularization * I) sum w y, where G, the
 * Gram matrix of `source`, is diagonal because `source` was rotated to its principal axes.
 * @param ptr shape [rows + 1]: where each row starts in items and weights
 * @param gram diagonal of G, shape [rank]
 * @param regularization by row
 * @param scratch solveScratchBytes(rank) bytes
 */
export function solveRows(
  begin: i32,
  end: i32,
  scratch: usize,
  target: usize,
  source: usize,
  ptr: usize,
  items: usize,
  weights: usize,
  gram: usize,
  unobserved: f32,
  regularization: usize,
  rank: usize,
): void {
  const step = rank << 2;
  const inverseRoot = scratch;
  for (let row = begin; row < end; row++) {
    const first = load<i32>(ptr + (<usize>row << 2));
    const count = load<i32>(ptr + (<usize>row << 2), 4) - first;
    const x = target + <usize>row * step;
    if (count == 0) {
      memory.fill(x, 0, step);
      continue;
    }
    const lambda = load<f32>(regularization + (<usize>row << 2));
    for (let k: usize = 0; k < step; k += 4) {
      store<f32>(inverseRoot + k, <f32>1.0 / Mathf.sqrt(unobserved * load<f32>(gram + k) + lambda));
    }
    const i = items + (<usize>first << 2),
      w = weights + (<usize>first << 2);
    if (<usize>count * 4 <= rank * 3) solveDual(x, source, i, w, count, inverseRoot, rank, scratch + step);
    else solvePrimal(x, source, i, w, count, inverseRoot, rank, scratch + step);
  }
}

/**
 * What each row just solved adds to the loss: at the minimum of its quadratic form, sum w (1 - x . y).
 * @param losses float64, by row
 */
export function rowLosses(
  begin: i32,
  end: i32,
  scratch: usize,
  solved: usize,
  source: usize,
  ptr: usize,
  items: usize,
  weights: usize,
  rank: usize,
  losses: usize,
): void {
  const step = rank << 2;
  for (let row = begin; row < end; row++) {
    const x = solved + <usize>row * step;
    let loss: f64 = 0;
    const last = load<i32>(ptr + (<usize>row << 2), 4);
    for (let q = load<i32>(ptr + (<usize>row << 2)); q < last; q++) {
      const y = source + <usize>load<i32>(items + (<usize>q << 2)) * step;
      loss += <f64>load<f32>(weights + (<usize>q << 2)) * (1.0 - <f64>dot(x, y, rank));
    }
    store<f64>(losses + (<usize>row << 3), loss);
  }
}

/** Bytes of scratch that `solveRows` needs. */
export function solveScratchBytes(rank: usize): usize {
  return (2 * rank * rank + 32 * rank + GATHERED_FLOATS + 64) << 2;
}

/** out[i] = query . row i of factors, for rows begin..end. */
export function scoreRows(begin: i32, end: i32, scratch: usize, query: usize, factors: usize, rank: usize, out: usize): void {
  const step = rank << 2;
  let row = begin;
  for (; row + 4 <= end; row += 4) {
    const y = factors + <usize>row * step;
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let k: usize = 0; k < step; k += 16) {
      const q = v128.load(query + k);
      s0 = multiplyAdd(q, v128.load(y + k), s0);
      s1 = multiplyAdd(q, v128.load(y + step + k), s1);
      s2 = multiplyAdd(q, v128.load(y + (step << 1) + k), s2);
      s3 = multiplyAdd(q, v128.load(y + (step << 1) + step + k), s3);
    }
    v128.store(out + (<usize>row << 2), sumLanesOfFour(s0, s1, s2, s3));
  }
  for (; row < end; row++) store<f32>(out + (<usize>row << 2), dot(query, factors + <usize>row * step, rank));
}
