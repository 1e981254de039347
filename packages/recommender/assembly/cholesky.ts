import { accumulateBlock, addScaled, dot } from './simd';

/**
 * A = U'U in place on the upper triangle of a row-major matrix; the diagonal then holds 1 / U[k][k]. Left-looking by
 * blocks of four rows, so that nearly all work is `accumulateBlock`. Blocks on the diagonal spill into the lower
 * triangle, which holds nothing afterwards.
 * @param order multiple of 8
 * @param leastPivot what no pivot can be below but for rounding; a matrix that is not positive definite gives NaN where
 *   it is negative
 */
export function factorUpper(a: usize, order: usize, leastPivot: f32): void {
  const step = order << 2;
  for (let r: usize = 0; r < order; r += 4) {
    const block = a + r * step;
    if (r > 0) {
      for (let c = r & ~7; c < order; c += 8) {
        accumulateBlock(a + (r << 2), step, a + (c << 2), step, <i32>r, -1.0, block + (c << 2), step);
      }
    }
    for (let k: usize = 0; k < 4; k++) {
      const row = block + k * step;
      for (let p: usize = 0; p < k; p++) {
        const above = block + p * step;
        addScaled(row + (r << 2), -load<f32>(above + ((r + k) << 2)), above + (r << 2), order - r);
      }
      const inverse: f32 = <f32>1.0 / Mathf.sqrt(max(load<f32>(row + ((r + k) << 2)), leastPivot));
      const scale = f32x4.splat(inverse);
      for (let c = r << 2; c < step; c += 16) v128.store(row + c, f32x4.mul(scale, v128.load(row + c)));
      store<f32>(row + ((r + k) << 2), inverse);
      // What stands left of the diagonal must be zero: the vectors of the solves read whole groups of four.
      for (let c = r; c < r + k; c++) store<f32>(row + (c << 2), 0);
    }
  }
}

/** b := inverse(U'U) b, with U as `factorUpper` leaves it. */
export function solveUpper(u: usize, b: usize, order: usize): void {
  const step = order << 2;
  for (let k: usize = 0; k < order; k++) {
    const row = u + k * step,
      at = b + (k << 2);
    const y = load<f32>(at) * load<f32>(row + (k << 2));
    const first = k & ~3;
    addScaled(b + (first << 2), -y, row + (first << 2), order - first);
    store<f32>(at, y);
  }
  for (let k: isize = <isize>order - 1; k >= 0; k--) {
    const row = u + <usize>k * step,
      at = b + (<usize>k << 2);
    const first = <usize>k & ~3;
    const inverse = load<f32>(row + (<usize>k << 2)),
      y = load<f32>(at);
    // The dot below starts at a multiple of four; at k itself it must add nothing.
    store<f32>(at, 0);
    let rest: f32 = 0;
    for (let c = <usize>k + 1; c < first + 4; c++) rest += load<f32>(row + (c << 2)) * load<f32>(b + (c << 2));
    if (first + 4 < order) rest += dot(row + ((first + 4) << 2), b + ((first + 4) << 2), order - first - 4);
    store<f32>(at, (y - rest) * inverse);
  }
}
