import type { RandomSource } from '../random.ts';

/**
 * Bernoulli(exp(-numerator / denominator)), exactly, for whole numbers with 0 <= numerator <= 2^53 and
 * 1 <= denominator <= 2^53 (Canonne, Kamath, Steinke 2020, Algorithm 1).
 *
 * Their chain asks Bernoulli(gamma / k) for k = 1, 2, …; here each ask is the product of two independent coins,
 * Bernoulli(1 / k) and Bernoulli(gamma), so no product `denominator * k` is formed and nothing can pass 2^53.
 */
export function drawBernoulliExp(random: RandomSource, numerator: number, denominator: number): boolean {
  let rest = numerator;
  // exp(-(1 + x)) = exp(-1) exp(-x); the subtraction of whole numbers below 2^53 is exact.
  while (rest > denominator) {
    if (!drawBernoulliExpOne(random)) return false;
    rest -= denominator;
  }
  if (rest === 0) return true;
  let k = 1;
  while (random.below(k) === 0 && random.isBelow(rest, denominator)) k++;
  return (k & 1) === 1;
}

/** Bernoulli(exp(-1)): the chain above with gamma = 1. */
export function drawBernoulliExpOne(random: RandomSource): boolean {
  let k = 2; // the coin Bernoulli(1 / 1) always comes up
  while (random.below(k) === 0) k++;
  return (k & 1) === 1;
}

/** Bernoulli(exp(-1/2)). */
export function drawBernoulliExpHalf(random: RandomSource): boolean {
  let k = 1;
  while (random.below(2 * k) === 0) k++;
  return (k & 1) === 1;
}

/** As `drawBernoulliExp`, for integers of any size. */
export function drawBernoulliExpBig(random: RandomSource, numerator: bigint, denominator: bigint): boolean {
  let rest = numerator;
  while (rest > denominator) {
    if (!drawBernoulliExpOne(random)) return false;
    rest -= denominator;
  }
  let k = 1n;
  while (random.belowBig(denominator * k) < rest) k++;
  return (k & 1n) === 1n;
}
