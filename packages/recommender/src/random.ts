/**
 * A seeded generator of uniform numbers in [0, 1): mulberry32 (T. Ettinger, public domain), 32 bits of state. For
 * reproducible models and measurements, never for security.
 */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A uniform permutation of 0..length-1 (Fisher and Yates). */
export function createPermutation(length: number, random: () => number): Int32Array {
  const permutation = Int32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const swapped = permutation[last]!;
    permutation[last] = permutation[other]!;
    permutation[other] = swapped;
  }
  return permutation;
}

/** Fills with normal numbers of mean 0 (Box and Muller). */
export function fillNormal(out: Float32Array, deviation: number, random: () => number): void {
  for (let index = 0; index < out.length; index++) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    out[index] = radius * Math.cos(2 * Math.PI * random());
  }
}
