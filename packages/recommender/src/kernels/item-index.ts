import { KernelMemory } from './kernel-memory.ts';
import { instantiateKernels } from './kernels.ts';
import type { KernelExports } from './wasm.generated.ts';

const MAX_CODE = 127;
/** Small enough that MAX_RANK products with codes fit 32 bits, and that quantizing a query costs next to nothing. */
const MAX_QUERY_CODE = 16_383;
const MAX_RANK = 1_024;
/** Half of what the last bit of a float32 is worth. */
const UNIT_ROUNDOFF = 2 ** -24;

export interface TopItems {
  /** Best first. */
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/**
 * Exact search for the items with the greatest inner products. A scan over int8 codes leaves the few items that their
 * error bounds cannot rule out, and those are scored in float32: the result is that of scoring everything. Synchronous,
 * on the calling thread, with a memory of its own that goes when the index does.
 */
export class ItemIndex {
  readonly itemCount: number;
  readonly rank: number;
  readonly #kernels: KernelExports;
  readonly #width: number;
  /** A float32 sum of products is off by less than this share of the two norms. */
  readonly #rounding: number;
  readonly #maxItems: number;
  readonly #factors: Float32Array;
  readonly #codes: Int8Array;
  readonly #scales: Float32Array;
  readonly #errors: Float32Array;
  readonly #query: Float32Array;
  readonly #queryCodes: Int16Array;
  readonly #scores: Float32Array;
  readonly #candidates: Int32Array;
  readonly #heapScores: Float32Array;
  readonly #heapItems: Int32Array;
  #greatestNorm = 0;

  /**
   * @param factors shape [itemCount x rank]
   * @param rank at most 1,024
   * @param maxItems most that one search returns
   * @throws RangeError if the rank is greater
   */
  constructor(factors: Float32Array, rank: number, maxItems = 1_000) {
    if (rank > MAX_RANK) throw new RangeError(`An index takes up to ${MAX_RANK} factors.`);
    this.itemCount = factors.length / rank;
    this.rank = rank;
    this.#maxItems = maxItems;
    const width = Math.ceil(rank / 16) * 16;
    const rows = Math.ceil(this.itemCount / 4) * 4;
    this.#width = width;
    // Four lanes sum a quarter of the products each; eight more roundings are the lanes' sum and the bounds' own.
    this.#rounding = (width / 4 + 8) * UNIT_ROUNDOFF;
    const memory = new KernelMemory();
    this.#kernels = instantiateKernels(memory);
    this.#factors = memory.allocateFloat32(rows * width);
    this.#codes = memory.int8(memory.allocate(rows * width), rows * width);
    this.#scales = memory.allocateFloat32(rows);
    this.#errors = memory.allocateFloat32(rows);
    this.#query = memory.allocateFloat32(width);
    this.#queryCodes = new Int16Array(memory.memory.buffer, memory.allocate(width * 2), width);
    this.#scores = memory.allocateFloat32(rows);
    this.#candidates = memory.allocateInt32(rows);
    this.#heapScores = memory.allocateFloat32(maxItems);
    this.#heapItems = memory.allocateInt32(maxItems);
    for (let item = 0; item < this.itemCount; item++) {
      this.#factors.set(factors.subarray(item * rank, (item + 1) * rank), item * width);
      this.#quantize(item);
    }
    // Rows that only fill the last block of four: nothing is known of them, so they raise no bound.
    this.#errors.fill(Number.POSITIVE_INFINITY, this.itemCount);
  }

  /**
   * The `count` items with the greatest scores, equal ones by the lower index.
   * @param query shape [rank]
   * @throws RangeError if more are asked for than `maxItems`
   */
  search(query: Float32Array, count: number): TopItems {
    const capacity = this.#capacityFor(count);
    this.#query.set(query);
    let squares = 0;
    let greatest = 0;
    for (const value of query) {
      squares += value * value;
      greatest = Math.max(greatest, Math.abs(value));
    }
    const norm = Math.sqrt(squares);
    const step = greatest === 0 ? 1 : greatest / MAX_QUERY_CODE;
    for (let k = 0; k < this.rank; k++) this.#queryCodes[k] = Math.round(query[k]! / step);
    const lost = (step / 2) * Math.sqrt(this.rank);
    const slack = (lost + this.#rounding * norm) * this.#greatestNorm;
    const found = this.#kernels.findCandidates(
      this.#queryCodes.byteOffset,
      this.#codes.byteOffset,
      this.#scales.byteOffset,
      this.#errors.byteOffset,
      this.#scales.length,
      this.#width,
      step,
      norm,
      slack,
      capacity,
      this.#heapScores.byteOffset,
      this.#heapItems.byteOffset,
      this.#candidates.byteOffset,
      this.#scores.byteOffset,
    );
    const size = this.#kernels.rankCandidates(
      this.#candidates.byteOffset,
      this.#scores.byteOffset,
      found,
      this.#heapScores[0]!,
      this.itemCount,
      this.#query.byteOffset,
      this.#factors.byteOffset,
      this.#width,
      capacity,
      this.#heapScores.byteOffset,
      this.#heapItems.byteOffset,
    );
    return this.#sortHeap(size);
  }

  #capacityFor(count: number): number {
    if (!(count >= 1 && count <= this.#maxItems))
      throw new RangeError(`A search returns 1 to ${this.#maxItems} items.`);
    return Math.min(count, this.itemCount);
  }

  #quantize(item: number): void {
    const factors = this.#factors;
    const codes = this.#codes;
    const start = item * this.#width;
    const end = start + this.#width;
    let greatest = 0;
    let squares = 0;
    for (let at = start; at < end; at++) {
      greatest = Math.max(greatest, Math.abs(factors[at]!));
      squares += factors[at]! ** 2;
    }
    this.#greatestNorm = Math.max(this.#greatestNorm, Math.sqrt(squares));
    const scale = greatest === 0 ? 1 : Math.fround(greatest / MAX_CODE);
    let lost = 0;
    for (let at = start; at < end; at++) {
      // Rounding of the scale may carry the greatest just past the last code.
      const code = Math.max(-MAX_CODE, Math.min(MAX_CODE, Math.round(factors[at]! / scale)));
      codes[at] = code;
      lost += (factors[at]! - code * scale) ** 2;
    }
    this.#scales[item] = scale;
    this.#errors[item] = Math.sqrt(lost) * (1 + this.#rounding);
  }

  #sortHeap(size: number): TopItems {
    const order = Array.from({ length: size }, (_, slot) => slot).sort(
      (left, right) =>
        this.#heapScores[right]! - this.#heapScores[left]! || this.#heapItems[left]! - this.#heapItems[right]!,
    );
    return {
      items: Int32Array.from(order, (slot) => this.#heapItems[slot]!),
      scores: Float32Array.from(order, (slot) => this.#heapScores[slot]!),
    };
  }
}
