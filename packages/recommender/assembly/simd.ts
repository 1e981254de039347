// Building blocks that are always inlined. Pointers are byte addresses; lengths count floats.

// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), sum);
}

/** In the order of `sumLanesOfFour`, so that a product is the same number whoever computes it. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3))
  );
}

/** Four vectors' lane sums as the lanes of one: a transpose and three additions. */
// @ts-ignore: decorator
@inline
export function sumLanesOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(
    v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    v128.shuffle<f32>(a, b, 2, 6, 3, 7),
  ); // a02 b02 a13 b13
  const cd = f32x4.add(
    v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    v128.shuffle<f32>(c, d, 2, 6, 3, 7),
  );
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** a . b; length a multiple of 4. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, length: usize): f32 {
  let s = f32x4.splat(0);
  for (let i: usize = 0; i < length << 2; i += 16) s = multiplyAdd(v128.load(a + i), v128.load(b + i), s);
  return sumLanes(s);
}

/** y += factor * x; length a multiple of 4. */
// @ts-ignore: decorator
@inline
export function addScaled(y: usize, factor: f32, x: usize, length: usize): void {
  const f = f32x4.splat(factor);
  for (let i: usize = 0; i < length << 2; i += 16) {
    v128.store(y + i, multiplyAdd(f, v128.load(x + i), v128.load(y + i)));
  }
}

// @ts-ignore: decorator
@inline
function accumulate(at: usize, factor: v128, v: v128): void {
  v128.store(at, multiplyAdd(factor, v, v128.load(at)));
}

/**
 * The one inner loop of every dense product here: a 4 x 8 block of C += factor * A'B, where A and B hold a row per
 * term. Eight accumulators, two loads of B and one of A fit the sixteen vector registers of x86-64.
 * @param a first of the four columns of A in its first row; rows `aStep` bytes apart
 * @param b first of the eight columns of B in its first row; rows `bStep` bytes apart
 * @param c block of C; rows `cStep` bytes apart
 */
// @ts-ignore: decorator
@inline
export function accumulateBlock(
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  terms: i32,
  factor: f32,
  c: usize,
  cStep: usize,
): void {
  let c00 = f32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00;
  for (let i = 0; i < terms; i++) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = multiplyAdd(s, b0, c00);
    c01 = multiplyAdd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = multiplyAdd(s, b0, c10);
    c11 = multiplyAdd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = multiplyAdd(s, b0, c20);
    c21 = multiplyAdd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = multiplyAdd(s, b0, c30);
    c31 = multiplyAdd(s, b1, c31);
    a += aStep;
    b += bStep;
  }
  const f = f32x4.splat(factor);
  accumulate(c, f, c00);
  accumulate(c + 16, f, c01);
  c += cStep;
  accumulate(c, f, c10);
  accumulate(c + 16, f, c11);
  c += cStep;
  accumulate(c, f, c20);
  accumulate(c + 16, f, c21);
  c += cStep;
  accumulate(c, f, c30);
  accumulate(c + 16, f, c31);
}
