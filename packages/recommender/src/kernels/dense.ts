import type { KernelPool } from './pool.ts';
import type { SymmetricMatrix } from './symmetric-matrix.ts';

/** Rows that a kernel works on at once; as many as a tile of a symmetric matrix has. */
const PANEL_ROWS = 128;
/** Kernels work on whole blocks of so many columns. */
const WIDTH_MULTIPLE = 8;
const ROWS_PER_BLOCK = 4;

/** A tall dense matrix in a pool's memory, padded with zeros to whole panels and blocks. */
export interface TallMatrix {
  readonly rowCount: number;
  /** Columns, padding included: a multiple of 8. */
  readonly width: number;
  /** Row-major. Shape [rowCount rounded up to 128 x width]. */
  readonly values: Float32Array;
}

/** Products of tall matrices of one height with each other, with small ones and with a symmetric one. */
export class DenseProducts {
  readonly rowCount: number;
  readonly #pool: KernelPool;
  readonly #panels: number;
  readonly #mostWidth: number;
  readonly #small: Float32Array;

  /** @param mostWidth most columns that any matrix here will have */
  constructor(pool: KernelPool, rowCount: number, mostWidth: number) {
    this.#pool = pool;
    this.rowCount = rowCount;
    this.#panels = Math.ceil(rowCount / PANEL_ROWS);
    this.#mostWidth = roundUp(mostWidth, WIDTH_MULTIPLE);
    this.#small = pool.memory.allocateFloat32(this.#mostWidth ** 2);
    pool.reserveScratch(Math.max(PANEL_ROWS, this.#mostWidth) * PANEL_ROWS * Float32Array.BYTES_PER_ELEMENT);
  }

  /** A matrix of zeros with at least `columns` columns. */
  allocate(columns: number): TallMatrix {
    const width = roundUp(Math.max(1, columns), WIDTH_MULTIPLE);
    if (width > this.#mostWidth) throw new RangeError(`A matrix here has at most ${this.#mostWidth} columns.`);
    const values = this.#pool.memory.allocateFloat32(this.#panels * PANEL_ROWS * width);
    return { rowCount: this.rowCount, width, values };
  }

  /** target := matrix source. */
  async multiplySymmetric(matrix: SymmetricMatrix, source: TallMatrix, target: TallMatrix): Promise<void> {
    await this.#pool.run(
      'multiplySymmetricPanels',
      this.#panels,
      1,
      matrix.tiles,
      this.#panels,
      source.values.byteOffset,
      source.width,
      target.values.byteOffset,
    );
  }

  /** left' right, summed in single precision by panels. Shape [left.width x right.width], row-major. */
  async crossProduct(left: TallMatrix, right: TallMatrix): Promise<Float64Array> {
    const out = this.#small.subarray(0, left.width * right.width);
    await this.#pool.run(
      'crossProductRows',
      left.width / ROWS_PER_BLOCK,
      1,
      left.values.byteOffset,
      left.width,
      right.values.byteOffset,
      right.width,
      this.#panels,
      out.byteOffset,
    );
    return Float64Array.from(out);
  }

  /**
   * target := factor source small, or that much more.
   * @param small row-major, shape [source.width x target.width]
   */
  async multiply(
    source: TallMatrix,
    small: Float64Array,
    target: TallMatrix,
    { factor = 1, isAdded = false }: { readonly factor?: number; readonly isAdded?: boolean } = {},
  ): Promise<void> {
    if (small.length !== source.width * target.width) throw new RangeError('The factor is of another shape.');
    if (!isAdded) target.values.fill(0);
    this.#small.set(small);
    await this.#pool.run(
      'multiplyPanels',
      this.#panels,
      1,
      source.values.byteOffset,
      source.width,
      this.#small.byteOffset,
      target.width,
      factor,
      target.values.byteOffset,
    );
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
