/** Unit roundoff of doubles. */
const UNIT = 2 ** -53;
/** Products of lengths up to this are summed directly: as fast as a transform. */
const ALWAYS_DIRECT = 2 ** 19;
/** Products of lengths up to this are summed directly when a transform's rounding would matter: up to 30 ms. */
const MAX_DIRECT = 2 ** 25;
const TOLERATED_ERROR = 1e-14;
/** Transforms up to this length stay in the processor's cache and need no further halving. */
const CACHED_SIZE = 2 ** 12;

/**
 * The linear convolution of two non-negative sequences, with a bound on the l1 norm of its absolute error. Short ones are
 * summed directly and rounded up, which leaves no error to bound. Of long ones the few large values are: a transform errs by
 * the size of the largest, and without them by much less.
 */
export function convolve(left: Float64Array, right: Float64Array): { values: Float64Array; error: number } {
  const products = left.length * right.length;
  const length = left.length + right.length - 1;
  // Sums of positive products err by at most a relative length * 2^-53 (twice, with the products' own): raised by that.
  const raise = 1 + Math.min(left.length, right.length) * 2 * UNIT + 4 * UNIT;
  if (products <= ALWAYS_DIRECT)
    return { values: convolveDirectly(left, right).map((value) => value * raise), error: 0 };
  const [largeLeft, smallLeft] = splitLarge(left);
  const [largeRight, smallRight] = splitLarge(right);
  // What the transform leaves, and the last addition of its part to the direct one.
  const error = transformError(smallLeft, smallRight, length) + 2 * UNIT * sumOf(left) * sumOf(right);
  if (products <= MAX_DIRECT && error > TOLERATED_ERROR) {
    return { values: convolveDirectly(left, right).map((value) => value * raise), error: 0 };
  }
  const values = convolveByTransform(smallLeft, smallRight);
  const fromLeft = convolveDirectly(largeLeft, right);
  const fromRight = convolveDirectly(largeRight, smallLeft);
  for (let k = 0; k < length; k++) values[k]! += (fromLeft[k]! + fromRight[k]!) * raise;
  return { values, error };
}

/** The values of at least a 2^8th of the sum, at most 2^8 of them, and the others, each at its place. */
function splitLarge(values: Float64Array): [large: Float64Array, small: Float64Array] {
  const least = sumOf(values) / 2 ** 8;
  return [values.map((value) => (value >= least ? value : 0)), values.map((value) => (value >= least ? 0 : value))];
}

function convolveByTransform(left: Float64Array, right: Float64Array): Float64Array {
  const length = left.length + right.length - 1;
  const size = 2 ** transformLevels(length);
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(left);
  imaginary.set(right);
  const roots = rootsOfUnity(size);
  transformForward(real, imaginary, roots, 0, size);
  multiplyPacked(real, imaginary);
  transformBackward(real, imaginary, roots, 0, size);
  return Float64Array.from({ length }, (_, k) => Math.max(0, real[k]! / size));
}

/** The exponent, at least 1, of the smallest power of two that holds the length. */
function transformLevels(length: number): number {
  let levels = 1;
  while (2 ** levels < length) levels++;
  return levels;
}

/**
 * Higham, Accuracy and Stability of Numerical Algorithms, Theorem 24.2: a transform of 2^levels errs in l2 by at most
 * levels (mu + gamma_4 (sqrt 2 + mu)) of its result. The roots err by mu <= 6 units (four from their angle of at most pi, one
 * from each of cosine and sine) and gamma_4 sqrt 2 is 6 units: 12 levels units. With z = left + i right and transform Z, each
 * value of the product's transform is a difference of squares of two values of Z over 4, so it errs in l2 by at most
 * max |Z| times the error of Z, and a few units more; max |Z| is at most the sum of both l1 norms. The inverse transform
 * errs by 12 levels units of the result, whose l2 norm is at most one sequence's l1 norm times the other's l2 norm.
 * Together at most 25 (levels + 1) units of (l1 norms) (l2 norm of z), and l1 is at most sqrt(length) times l2.
 */
function transformError(left: Float64Array, right: Float64Array, length: number): number {
  const whole = sumOf(left) + sumOf(right);
  const norm = Math.hypot(euclideanNorm(left), euclideanNorm(right));
  return Math.sqrt(length) * 25 * (transformLevels(length) + 1) * UNIT * whole * norm;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
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
