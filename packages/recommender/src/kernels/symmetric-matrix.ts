import { TrainingImpossible } from '../trainer.ts';
import type { Pointer } from './kernel-memory.ts';
import type { KernelPool } from './pool.ts';

/** Rows and columns of a tile; assembly/tiles.ts tells how one is laid out. */
const TILE = 128;
const STRIP = 8;
const TILE_LENGTH = TILE * TILE;

/** 352 tiles a side: with a line of them to invert by, 4.1 of the kernels' 4.3 billion bytes. */
export const MAX_ORDER = 45_000;

/**
 * A symmetric matrix in a pool's memory: the upper triangle, by tiles. 293 MiB at order 12,101. It begins as zeros.
 */
export class SymmetricMatrix {
  readonly order: number;
  readonly #pool: KernelPool;
  readonly #tileCount: number;
  readonly #entries: Float32Array;

  /** @throws TrainingImpossible when the pool's memory has no room: up to MAX_ORDER a pool of 4 GiB has */
  constructor(pool: KernelPool, order: number) {
    this.order = order;
    this.#pool = pool;
    this.#tileCount = Math.ceil(order / TILE);
    this.#entries = pool.memory.allocateFloat32(((this.#tileCount * (this.#tileCount + 1)) / 2) * TILE_LENGTH);
  }

  /** Address of the first tile. */
  get tiles(): Pointer {
    return this.#entries.byteOffset;
  }

  get(row: number, column: number): number {
    return this.#entries[row <= column ? this.#indexOf(row, column) : this.#indexOf(column, row)]!;
  }

  /** Adds to entry (row, column) and to its mirror image. */
  add(row: number, column: number, value: number): void {
    const entries = this.#entries;
    const index = row <= column ? this.#indexOf(row, column) : this.#indexOf(column, row);
    entries[index] = entries[index]! + value;
    // Tiles on the diagonal hold both triangles.
    if (row === column || Math.floor(row / TILE) !== Math.floor(column / TILE)) return;
    const mirror = row <= column ? this.#indexOf(column, row) : this.#indexOf(row, column);
    entries[mirror] = entries[mirror]! + value;
  }

  /** Sets entry (row, row). */
  setDiagonal(row: number, value: number): void {
    this.#entries[this.#indexOf(row, row)] = value;
  }

  /** Writes a whole row. @param out shape [order] */
  readRow(row: number, out: Float32Array): void {
    const entries = this.#entries;
    const tileRow = Math.floor(row / TILE);
    for (let column = 0; column < Math.min(this.order, tileRow * TILE); column++) {
      out[column] = entries[this.#indexOf(column, row)]!;
    }
    for (let start = tileRow * TILE; start < this.order; start += STRIP) {
      const index = this.#indexOf(row, start);
      const width = Math.min(STRIP, this.order - start);
      for (let k = 0; k < width; k++) out[start + k] = entries[index + k]!;
    }
  }

  /**
   * Replaces the matrix by its inverse: n^3 multiplications and additions, in single precision.
   * @param onProgress fraction done, 0..1
   * @throws TrainingImpossible if the matrix is not positive definite in single precision; TrainingCancelled
   */
  async invert(onProgress: (fraction: number) => void = () => {}): Promise<void> {
    const count = this.#tileCount;
    const pool = this.#pool;
    for (let pad = this.order; pad < count * TILE; pad++) this.#entries[this.#indexOf(pad, pad)] = 1;
    const tiles = this.#entries.byteOffset;
    const line = pool.memory.allocateFloat32(count * TILE_LENGTH).byteOffset;
    pool.reserveScratch(2 * TILE_LENGTH * 4);
    const steps = 3 * count;
    for (let k = 0; k < count; k++) {
      await pool.run('eliminateTiles', count - k, 1, tiles, count, k);
      await pool.run('factorDiagonalTile', 1, 1, tiles, count, k);
      await pool.run('solveRowTiles', count - k - 1, 1, tiles, count, k);
      onProgress((k + 1) / steps);
    }
    for (let j = 0; j < count; j++) {
      await pool.run('invertColumnTiles', j, 1, tiles, count, j, line);
      await pool.run('storeColumnTiles', j + 1, 4, tiles, count, j, line);
      onProgress((count + j + 1) / steps);
    }
    for (let i = 0; i < count; i++) {
      await pool.run('multiplyRowTiles', count - i, 1, tiles, count, i, line);
      await pool.run('storeRowTiles', count - i, 4, tiles, count, i, line);
      onProgress((2 * count + i + 1) / steps);
    }
    for (let k = 0; k < this.order; k++) {
      if (!(this.get(k, k) > 0 && Number.isFinite(this.get(k, k)))) {
        throw new TrainingImpossible('The matrix is not positive definite in single precision.');
      }
    }
  }

  #indexOf(row: number, column: number): number {
    const i = Math.floor(row / TILE);
    const j = Math.floor(column / TILE);
    const r = row % TILE;
    const c = column % TILE;
    const tile = i * this.#tileCount - (i * (i + 1)) / 2 + j;
    return tile * TILE_LENGTH + Math.floor(c / STRIP) * TILE * STRIP + r * STRIP + (c % STRIP);
  }
}
