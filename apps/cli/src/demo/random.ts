/** Seeded randomness of the demo shop: the same numbers for the same seed, never for security. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal, mean 0, deviation 1. */
  normal(): number;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** Uniform in [low, high], both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand, public domain), seeded by three integers, so that a shop, a household and a
 * customer each draw from a stream of their own: customer 17 is the same person in a shop of 100 and of 60,000.
 */
export function createRandom(seed: number, stream: number, index: number): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = index | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  const uniform = () => next() / 4_294_967_296;
  return {
    uniform,
    // Box and Muller; 1 - uniform() keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    integer: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
    chance: (probability) => uniform() < probability,
    pick: (list) => list[Math.floor(uniform() * list.length)]!,
  };
}
