// The inverse of a symmetric positive definite matrix by tiles: A = U'U, W = inverse(U)', inverse(A) = W'W.
//
// Tile (i, j), i <= j, holds 128 x 128 entries in strips of eight columns, so that both operands and the target of
// `accumulateBlock` are read in a straight line. Every product below has the form C += f A'B and needs no other order:
// that is why inverse(U) is kept transposed. It lies in place: tile (i, j) becomes W(j, i).
import { factorUpper } from './cholesky';
import { accumulateBlock, addScaled } from './simd';

export const ORDER: usize = 128;
export const STRIP_BYTES: usize = ORDER * 32;
export const TILE_BYTES: usize = ORDER * ORDER * 4;

// @ts-ignore: decorator
@inline
export function tileAt(tiles: usize, count: usize, i: usize, j: usize): usize {
  return tiles + (i * count - ((i * (i + 1)) >> 1) + j) * TILE_BYTES;
}

/** C += factor * A'B. */
function multiplyTiles(c: usize, a: usize, b: usize, factor: f32): void {
  for (let strip: usize = 0; strip < TILE_BYTES; strip += STRIP_BYTES) {
    for (let row: usize = 0; row < ORDER; row += 4) {
      const left = a + (row >> 3) * STRIP_BYTES + ((row & 7) << 2);
      accumulateBlock(left, 32, b + strip, 32, <i32>ORDER, factor, c + strip + (row << 5), 32);
    }
  }
}

/** Tiles (k, k + begin..end) of A less what the rows above contribute. */
export function eliminateTiles(begin: i32, end: i32, scratch: usize, tiles: usize, count: usize, k: usize): void {
  for (let j = k + <usize>begin; j < k + <usize>end; j++) {
    const target = tileAt(tiles, count, k, j);
    for (let m: usize = 0; m < k; m++) {
      multiplyTiles(target, tileAt(tiles, count, m, k), tileAt(tiles, count, m, j), -1);
    }
  }
}

/** Factors tile (k, k), eliminated before, and leaves inverse(U(k, k)) in its place; begin..end is 0..1. */
export function factorDiagonalTile(begin: i32, end: i32, scratch: usize, tiles: usize, count: usize, k: usize): void {
  const step = ORDER << 2;
  const inverse = scratch + TILE_BYTES;
  const tile = tileAt(tiles, count, k, k);
  for (let r: usize = 0; r < ORDER; r++) {
    for (let s: usize = 0; s < ORDER; s += 8) {
      memory.copy(scratch + r * step + (s << 2), tile + (s >> 3) * STRIP_BYTES + (r << 5), 32);
    }
  }
  factorUpper(scratch, ORDER, -1);
  // Row r of inverse(U) = (e_r - sum over c > r of U[r][c] * row c) / U[r][r], from the last row up.
  memory.fill(inverse, 0, TILE_BYTES);
  for (let r: isize = <isize>ORDER - 1; r >= 0; r--) {
    const row = inverse + <usize>r * step,
      u = scratch + <usize>r * step;
    for (let c = <usize>r + 1; c < ORDER; c++) {
      const first = c & ~3;
      addScaled(row + (first << 2), -load<f32>(u + (c << 2)), inverse + c * step + (first << 2), ORDER - first);
    }
    store<f32>(row + (<usize>r << 2), 1);
    const pivot = f32x4.splat(load<f32>(u + (<usize>r << 2)));
    for (let at = (<usize>r & ~3) << 2; at < step; at += 16) v128.store(row + at, f32x4.mul(pivot, v128.load(row + at)));
  }
  for (let r: usize = 0; r < ORDER; r++) {
    for (let s: usize = 0; s < ORDER; s += 8) {
      memory.copy(tile + (s >> 3) * STRIP_BYTES + (r << 5), inverse + r * step + (s << 2), 32);
    }
  }
}

/** Tiles (k, k + 1 + begin..end) := inverse(U(k, k))' times themselves: rows of U. */
export function solveRowTiles(begin: i32, end: i32, scratch: usize, tiles: usize, count: usize, k: usize): void {
  for (let j = k + 1 + <usize>begin; j < k + 1 + <usize>end; j++) {
    const tile = tileAt(tiles, count, k, j);
    memory.fill(scratch, 0, TILE_BYTES);
    multiplyTiles(scratch, tileAt(tiles, count, k, k), tile, 1);
    memory.copy(tile, scratch, TILE_BYTES);
  }
}

/**
 * W(j, i) for i in begin..end, all before j, into `line`: -inverse(U(j, j))' (sum over i <= m < j of U(m, j)' W(m, i)).
 * @param line shape [count] tiles
 */
export function invertColumnTiles(
  begin: i32,
  end: i32,
  scratch: usize,
  tiles: usize,
  count: usize,
  j: usize,
  line: usize,
): void {
  for (let i = <usize>begin; i < <usize>end; i++) {
    const target = line + i * TILE_BYTES;
    memory.fill(scratch, 0, TILE_BYTES);
    for (let m = i; m < j; m++) multiplyTiles(scratch, tileAt(tiles, count, m, j), tileAt(tiles, count, i, m), 1);
    memory.fill(target, 0, TILE_BYTES);
    multiplyTiles(target, tileAt(tiles, count, j, j), scratch, -1);
  }
}

/** Copies `line` to tiles (begin..end, j); the one at j is transposed where it lies. */
export function storeColumnTiles(
  begin: i32,
  end: i32,
  scratch: usize,
  tiles: usize,
  count: usize,
  j: usize,
  line: usize,
): void {
  for (let i = <usize>begin; i < <usize>end; i++) {
    const tile = tileAt(tiles, count, i, j);
    if (i < j) memory.copy(tile, line + i * TILE_BYTES, TILE_BYTES);
    else transposeTile(tile);
  }
}

function transposeTile(tile: usize): void {
  for (let r: usize = 0; r < ORDER; r++) {
    for (let c: usize = 0; c < r; c++) {
      const lower = tile + (c >> 3) * STRIP_BYTES + (r << 5) + ((c & 7) << 2),
        upper = tile + (r >> 3) * STRIP_BYTES + (c << 5) + ((r & 7) << 2);
      const swapped = load<f32>(lower);
      store<f32>(lower, load<f32>(upper));
      store<f32>(upper, swapped);
    }
  }
}

/** Tiles (i, i + begin..end) of W'W into `line`: the sum over m >= j of W(m, i)' W(m, j). */
export function multiplyRowTiles(
  begin: i32,
  end: i32,
  scratch: usize,
  tiles: usize,
  count: usize,
  i: usize,
  line: usize,
): void {
  for (let j = i + <usize>begin; j < i + <usize>end; j++) {
    const target = line + j * TILE_BYTES;
    memory.fill(target, 0, TILE_BYTES);
    for (let m = j; m < count; m++) multiplyTiles(target, tileAt(tiles, count, i, m), tileAt(tiles, count, j, m), 1);
  }
}

/** Copies `line` to tiles (i, i + begin..end). */
export function storeRowTiles(
  begin: i32,
  end: i32,
  scratch: usize,
  tiles: usize,
  count: usize,
  i: usize,
  line: usize,
): void {
  for (let j = i + <usize>begin; j < i + <usize>end; j++) {
    memory.copy(tileAt(tiles, count, i, j), line + j * TILE_BYTES, TILE_BYTES);
  }
}
