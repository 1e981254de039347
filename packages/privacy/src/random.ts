import { randomFillSync } from 'node:crypto';
import { startupSnapshot } from 'node:v8';

/** Fills the whole array with uniform, independent bytes. */
export type ByteSource = (target: Uint8Array) => void;

const BUFFER_WORDS = 16_384; // 64 KiB: past this size randomFillSync gains nothing per byte
const TWO_32 = 4_294_967_296;

/**
 * Uniform integers from a buffered byte source. Every bounded draw masks to the next power of two and rejects, so there
 * is no modulo bias, and each rejected attempt is independent of the accepted one.
 *
 * Not shared between threads: each thread loads its own module, and so its own buffer. Node has no fork without exec, so
 * a child process never inherits a buffer; a startup snapshot would, and is emptied below.
 */
export class RandomSource {
  readonly #fillBytes: ByteSource;
  readonly #words = new Uint32Array(BUFFER_WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  #next = BUFFER_WORDS;
  #bits = 0;
  #bitCount = 0;

  constructor(fillBytes: ByteSource) {
    this.#fillBytes = fillBytes;
  }

  /** Forgets buffered randomness, so that no copy of this memory can draw the same noise again. */
  discard(): void {
    this.#words.fill(0);
    this.#next = BUFFER_WORDS;
    this.#bits = 0;
    this.#bitCount = 0;
  }

  /** Uniform on [0, 2^32). */
  uint32(): number {
    if (this.#next === BUFFER_WORDS) {
      this.#fillBytes(this.#bytes);
      this.#next = 0;
    }
    return this.#words[this.#next++]!;
  }

  /** Uniform on {0, 1}, thirty-two to a word. */
  bit(): number {
    if (this.#bitCount === 0) {
      this.#bits = this.uint32();
      this.#bitCount = 32;
    }
    const bit = this.#bits & 1;
    this.#bits >>>= 1;
    this.#bitCount--;
    return bit;
  }

  /** Uniform on [0, bound) for a whole bound from 1 to 2^53. */
  below(bound: number): number {
    if (bound <= TWO_32) {
      if (bound <= 2) return bound === 2 ? this.bit() : 0;
      const mask = 0xffffffff >>> Math.clz32(bound - 1);
      for (;;) {
        const value = (this.uint32() & mask) >>> 0;
        if (value < bound) return value;
      }
    }
    // The high part has at most 21 bits, so high * 2^32 + low is an exact integer below 2^53.
    const mask = 0xffffffff >>> Math.clz32(Math.floor((bound - 1) / TWO_32));
    for (;;) {
      const value = (this.uint32() & mask) * TWO_32 + this.uint32();
      if (value < bound) return value;
    }
  }

  /**
   * Bernoulli(numerator / bound) for whole numbers 0 <= numerator <= bound <= 2^53: `below(bound) < numerator`, with the low
   * bits drawn only when the high 32 do not decide.
   */
  isBelow(numerator: number, bound: number): boolean {
    if (bound <= TWO_32) return this.below(bound) < numerator;
    // bound has 32 + b bits; in units of 2^b it has 32, and value = high * unit + low < 2^53 is uniform until refused.
    const unit = 2 ** (32 - Math.clz32(Math.floor(bound / TWO_32)));
    const highNumerator = Math.floor(numerator / unit);
    const highBound = Math.floor(bound / unit);
    for (;;) {
      const high = this.uint32();
      if (high > highBound) continue; // value >= (highBound + 1) unit > bound
      if (high < highNumerator) return true; // value < highNumerator unit <= numerator <= bound
      if (high > highNumerator && high < highBound) return false; // numerator < value < bound
      const value = high * unit + (this.uint32() & (unit - 1));
      if (value < bound) return value < numerator;
    }
  }

  /** Uniform on [0, bound) for a bound of any size, at least 1. */
  belowBig(bound: bigint): bigint {
    const bits = (bound - 1n).toString(2).length;
    const words = (bits + 31) >> 5;
    const excess = BigInt(words * 32 - bits);
    for (;;) {
      let value = 0n;
      for (let word = 0; word < words; word++) value = (value << 32n) | BigInt(this.uint32());
      value >>= excess;
      if (value < bound) return value;
    }
  }
}

const secureRandom = new RandomSource((target) => {
  randomFillSync(target);
});

// A snapshot taken with `node --build-snapshot` would otherwise carry the same unread bytes into every process.
if (startupSnapshot.isBuildingSnapshot()) startupSnapshot.addSerializeCallback(() => secureRandom.discard());

let current = secureRandom;

/** The source that mechanisms draw from: node:crypto, always, outside `runWithRandomSource`. */
export function randomSource(): RandomSource {
  return current;
}

/**
 * The testing door: runs `draw` with another byte source. Not exported by the package's main entry.
 * Synchronous on purpose: an awaited continuation would draw after the secure source is back, or worse, before.
 */
export function runWithRandomSource<T>(source: RandomSource, draw: () => T): T {
  const previous = current;
  current = source;
  try {
    const result = draw();
    if (result instanceof Promise) throw new TypeError('A seeded draw must be synchronous.');
    return result;
  } finally {
    current = previous;
  }
}
