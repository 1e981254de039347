import { TrainingImpossible } from '../trainer.ts';
import { type WasmMemory, wasm } from './web-assembly.ts';

const PAGE_BYTES = 65_536;
const MAX_BYTES = 2 ** 32 - PAGE_BYTES;
/** A line of the processor's cache: no two allocations share one, so threads never contend for it. */
const ALIGNMENT = 64;

/** A byte address in a KernelMemory. */
export type Pointer = number;

/** The memory that kernels compute in: shared between threads, handed out from the start upwards, freed as a whole. */
export class KernelMemory {
  readonly memory: WasmMemory;
  readonly #maximumBytes: number;
  #end = ALIGNMENT;

  /** @param maximumBytes most it may grow to, at most 4 GiB; only what is touched becomes resident */
  constructor(maximumBytes: number = MAX_BYTES) {
    this.#maximumBytes = Math.min(maximumBytes + ALIGNMENT, MAX_BYTES);
    this.memory = new wasm.Memory({
      initial: 1,
      maximum: Math.max(1, Math.ceil(this.#maximumBytes / PAGE_BYTES)),
      shared: true,
    });
  }

  /**
   * @returns start of `bytes` zero bytes, a multiple of 64
   * @throws TrainingImpossible when the memory is full
   */
  allocate(bytes: number): Pointer {
    const pointer = this.#end;
    const end = pointer + alignUp(bytes);
    if (end > alignUp(this.#maximumBytes)) {
      throw new TrainingImpossible(
        'The model needs more memory than the kernels have, 4 GiB at most: take a smaller rank, item-cosine or popularity.',
      );
    }
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#end = end;
    return pointer;
  }

  allocateFloat32(length: number): Float32Array {
    return this.float32(this.allocate(length * 4), length);
  }

  allocateInt32(length: number): Int32Array {
    return this.int32(this.allocate(length * 4), length);
  }

  allocateFloat64(length: number): Float64Array {
    return this.float64(this.allocate(length * 8), length);
  }

  /** A copy that kernels can read. */
  copyFloat32(values: Float32Array): Float32Array {
    const copy = this.allocateFloat32(values.length);
    copy.set(values);
    return copy;
  }

  /** A copy that kernels can read. */
  copyInt32(values: Int32Array): Int32Array {
    const copy = this.allocateInt32(values.length);
    copy.set(values);
    return copy;
  }

  /** A view; it stays valid when the memory grows. */
  float32(pointer: Pointer, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, length);
  }

  /** A view; it stays valid when the memory grows. */
  float64(pointer: Pointer, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, pointer, length);
  }

  /** A view; it stays valid when the memory grows. */
  int32(pointer: Pointer, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, length);
  }

  /** A view; it stays valid when the memory grows. */
  int8(pointer: Pointer, length: number): Int8Array {
    return new Int8Array(this.memory.buffer, pointer, length);
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
