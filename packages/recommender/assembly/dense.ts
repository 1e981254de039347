// Products of tall dense matrices, row-major, their width a multiple of 8 and their rows of 128 (padded with zeros), among
// themselves and with a symmetric matrix by tiles (see tiles.ts).
import { accumulateBlock } from './simd';
import { ORDER, STRIP_BYTES, TILE_BYTES, tileAt } from './tiles';

/** The transpose of a tile, in the same layout. */
function copyTransposed(to: usize, from: usize): void {
  for (let strip: usize = 0; strip < ORDER; strip += 8) {
    const column = from + (strip >> 3) * STRIP_BYTES;
    for (let r: usize = 0; r < ORDER; r++) {
      const source = column + (r << 5),
        target = to + (r >> 3) * STRIP_BYTES + (strip << 5) + ((r & 7) << 2);
      for (let k: usize = 0; k < 8; k++) store<f32>(target + (k << 5), load<f32>(source + (k << 2)));
    }
  }
}

/**
 * Panels begin..end of `target` := those of the symmetric matrix times `source`.
 * @param source, target shape [count x 128 x width]
 * @param scratch a tile
 */
export function multiplySymmetricPanels(
  begin: i32,
  end: i32,
  scratch: usize,
  tiles: usize,
  count: usize,
  source: usize,
  width: usize,
  target: usize,
): void {
  const step = width << 2;
  const panelBytes = ORDER * step;
  for (let j = <usize>begin; j < <usize>end; j++) {
    const out = target + j * panelBytes;
    memory.fill(out, 0, panelBytes);
    for (let i: usize = 0; i < count; i++) {
      // The product has the form A'B: of a tile below the diagonal its mirror image lies there, of one above it must be made.
      let tile = scratch;
      if (i <= j) tile = tileAt(tiles, count, i, j);
      else copyTransposed(scratch, tileAt(tiles, count, j, i));
      const b = source + i * panelBytes;
      for (let row: usize = 0; row < ORDER; row += 4) {
        const left = tile + (row >> 3) * STRIP_BYTES + ((row & 7) << 2);
        for (let column: usize = 0; column < step; column += 32) {
          accumulateBlock(left, 32, b + column, step, <i32>ORDER, 1, out + row * step + column, step);
        }
      }
    }
  }
}

/**
 * Rows 4 begin..4 end of out := A'B, summed by panels of 128 rows.
 * @param out shape [aWidth x bWidth]
 */
export function crossProductRows(
  begin: i32,
  end: i32,
  scratch: usize,
  a: usize,
  aWidth: usize,
  b: usize,
  bWidth: usize,
  panels: usize,
  out: usize,
): void {
  const aStep = aWidth << 2,
    bStep = bWidth << 2;
  for (let block = <usize>begin; block < <usize>end; block++) {
    const rows = out + (block << 2) * bStep;
    memory.fill(rows, 0, bStep << 2);
    for (let panel: usize = 0; panel < panels; panel++) {
      const left = a + panel * ORDER * aStep + (block << 4),
        right = b + panel * ORDER * bStep;
      for (let column: usize = 0; column < bStep; column += 32) {
        accumulateBlock(left, aStep, right + column, bStep, <i32>ORDER, 1, rows + column, bStep);
      }
    }
  }
}

/**
 * Panels begin..end of `target` += factor * A B.
 * @param a shape [panels x 128 x aWidth]
 * @param b shape [aWidth x bWidth]
 * @param scratch aWidth x 128 floats
 */
export function multiplyPanels(
  begin: i32,
  end: i32,
  scratch: usize,
  a: usize,
  aWidth: usize,
  b: usize,
  bWidth: usize,
  factor: f32,
  target: usize,
): void {
  const aStep = aWidth << 2,
    bStep = bWidth << 2;
  for (let panel = <usize>begin; panel < <usize>end; panel++) {
    const left = a + panel * ORDER * aStep;
    for (let row: usize = 0; row < ORDER; row++) {
      for (let k: usize = 0; k < aWidth; k++) {
        store<f32>(scratch + (k << 9) + (row << 2), load<f32>(left + row * aStep + (k << 2)));
      }
    }
    const out = target + panel * ORDER * bStep;
    for (let row: usize = 0; row < ORDER; row += 4) {
      for (let column: usize = 0; column < bStep; column += 32) {
        accumulateBlock(scratch + (row << 2), 512, b + column, bStep, <i32>aWidth, factor, out + row * bStep + column, bStep);
      }
    }
  }
}
