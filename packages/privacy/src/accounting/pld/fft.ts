/** Unit roundoff of doubles. */
const UNIT = 2 ** -53;
/** Products of lengths up to this are summed directly: as fast as a transform. */
const ALWAYS_DIRECT = 2 ** 19;
/** Products of lengths up to this are summed directly when a transform's rounding would matter: up to 30 ms. */
const MAX_DIRECT = 2 ** 25;
const TOLERATED_ERROR = 1e-13;
/** Transforms up to this length stay in the processor's cache and need no further halving. */
const CACHED_SIZE = 2 ** 12;

/**
 * The linear convolution of two non-negative sequences, with a bound on the l1 norm of its absolute error. Short ones are
 * summed directly and rounded up, which leaves no error to bound.
 */
export function convolve(left: Float64Array, right: Float64Array): { values: Float64Array; error: number } {
  const products = left.length * right.length;
  const length = left.length + right.length - 1;
  let size = 2;
  let levels = 1;
  while (size < length) {
    size *= 2;
    levels++;
  }
  // Higham, Accuracy and Stability of Numerical Algorithms, Theorem 24.2: a transform of 2^levels errs by at most about
  // 7 levels unit of the l2 norm. Two transforms and a product of sequences whose l2 norms add; then l1 <= sqrt(length) l2.
  const norm = euclideanNorm(left) + euclideanNorm(right);
  const error = Math.sqrt(length) * 21 * levels * UNIT * norm * norm;
  if (products <= ALWAYS_DIRECT || (products <= MAX_DIRECT && error > TOLERATED_ERROR)) {
    // Sums of positive products err by at most a relative length * 2^-53 (twice, with the products' own): raised by that.
    const raise = 1 + Math.min(left.length, right.length) * 2 * UNIT;
    return { values: convolveDirectly(left, right).map((value) => value * raise), error: 0 };
  }
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(left);
  imaginary.set(right);
  const roots = rootsOfUnity(size);
  transformForward(real, imaginary, roots, 0, size);
  multiplyPacked(real, imaginary);
  transformBackward(real, imaginary, roots, 0, size);
  const values = new Float64Array(length);
  for (let k = 0; k < length; k++) values[k] = Math.max(0, real[k]! / size);
  return { values, error };
}

export function convolveDirectly(left: Float64Array, right: Float64Array): Float64Array {
  const values = new Float64Array(left.length + right.length - 1);
  for (let i = 0; i < left.length; i++) {
    const factor = left[i]!;
    if (factor === 0) continue;
    for (let j = 0; j < right.length; j++) values[i + j]! += factor * right[j]!;
  }
  return values;
}

function euclideanNorm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

interface Roots {
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** exp(-i pi k / half) at [half + k], for each power of two `half` below the size: contiguous at every level. */
function rootsOfUnity(size: number): Roots {
  const cosines = new Float64Array(size);
  const sines = new Float64Array(size);
  const top = size / 2;
  for (let k = 0; k < top; k++) {
    // Each computed afresh, so that errors do not pile up.
    cosines[top + k] = Math.cos((Math.PI * k) / top);
    sines[top + k] = -Math.sin((Math.PI * k) / top);
  }
  for (let index = top - 1; index > 0; index--) {
    cosines[index] = cosines[2 * index]!;
    sines[index] = sines[2 * index]!;
  }
  return { cosines, sines };
}

/** Decimation in frequency: natural order in, bit-reversed order out. Halves recursively, to stay in cache. */
function transformForward(
  real: Float64Array,
  imaginary: Float64Array,
  roots: Roots,
  offset: number,
  size: number,
): void {
  if (size <= CACHED_SIZE) {
    for (let half = size >> 1; half > 0; half >>= 1) {
      for (let block = offset; block < offset + size; block += 2 * half)
        splitBlock(real, imaginary, roots, block, half);
    }
    return;
  }
  const half = size >> 1;
  splitBlock(real, imaginary, roots, offset, half);
  transformForward(real, imaginary, roots, offset, half);
  transformForward(real, imaginary, roots, offset + half, half);
}

function splitBlock(
  real: Float64Array,
  imaginary: Float64Array,
  { cosines, sines }: Roots,
  block: number,
  half: number,
): void {
  for (let k = 0; k < half; k++) {
    const low = block + k;
    const high = low + half;
    const re = real[low]! - real[high]!;
    const im = imaginary[low]! - imaginary[high]!;
    real[low] = real[low]! + real[high]!;
    imaginary[low] = imaginary[low]! + imaginary[high]!;
    const cosine = cosines[half + k]!;
    const sine = sines[half + k]!;
    real[high] = re * cosine - im * sine;
    imaginary[high] = re * sine + im * cosine;
  }
}

/** Decimation in time with conjugate roots: bit-reversed order in, natural order out, `size` times too large. */
function transformBackward(
  real: Float64Array,
  imaginary: Float64Array,
  roots: Roots,
  offset: number,
  size: number,
): void {
  if (size <= CACHED_SIZE) {
    for (let half = 1; half < size; half <<= 1) {
      for (let block = offset; block < offset + size; block += 2 * half)
        mergeBlock(real, imaginary, roots, block, half);
    }
    return;
  }
  const half = size >> 1;
  transformBackward(real, imaginary, roots, offset, half);
  transformBackward(real, imaginary, roots, offset + half, half);
  mergeBlock(real, imaginary, roots, offset, half);
}

function mergeBlock(
  real: Float64Array,
  imaginary: Float64Array,
  { cosines, sines }: Roots,
  block: number,
  half: number,
): void {
  for (let k = 0; k < half; k++) {
    const low = block + k;
    const high = low + half;
    const cosine = cosines[half + k]!;
    const sine = sines[half + k]!;
    const re = real[high]! * cosine + imaginary[high]! * sine;
    const im = imaginary[high]! * cosine - real[high]! * sine;
    real[high] = real[low]! - re;
    imaginary[high] = imaginary[low]! - im;
    real[low] = real[low]! + re;
    imaginary[low] = imaginary[low]! + im;
  }
}

/**
 * With z = left + i right, the transforms' product is (Z(k)^2 - conj(Z(-k))^2) / 4i. In bit-reversed order the mirror of a
 * position p in [m, 2m), m a power of two, is 3m - 1 - p.
 */
function multiplyPacked(real: Float64Array, imaginary: Float64Array): void {
  real[0] = real[0]! * imaginary[0]!;
  imaginary[0] = 0;
  for (let m = 1; m < real.length; m *= 2) {
    for (let p = m; 2 * p <= 3 * m - 1; p++) {
      const q = 3 * m - 1 - p;
      const a = real[p]!;
      const b = imaginary[p]!;
      const c = real[q]!;
      const d = imaginary[q]!;
      const re = (a * b + c * d) / 2;
      const im = -(a * a - b * b - c * c + d * d) / 4;
      real[p] = re;
      imaginary[p] = im;
      real[q] = re;
      imaginary[q] = -im;
    }
  }
}
