import { CONFIDENCE } from './budget.ts';

/**
 * Fieller's interval of a ratio: all ratios t for which |numerator - t denominator| is no more than what the noise
 * explains, numerator noise minus t times denominator noise, at CONFIDENCE. Here both noises are discrete Laplace, so
 * the exact distribution of their difference takes the place of the normal one.
 *
 * Null when the denominator does not stand out of its own noise: then the set has no end, and nothing can be said.
 * @param scales of the two noises
 * @param range the true ratio is within ± range
 */
export function ratioInterval({
  numerator,
  denominator,
  scales,
  range,
}: {
  numerator: number;
  denominator: number;
  scales: { readonly offset: number; readonly count: number };
  range: number;
}): { readonly value: number; readonly lower: number; readonly upper: number } | null {
  if (denominator <= laplacePairHalfWidth(scales.count, 0)) return null;
  const clamp = (ratio: number) => Math.max(-range, Math.min(range, ratio));
  // Above zero where numerator / denominator is too far above the ratio, or too far below it.
  const excess = (ratio: number) =>
    Math.abs(numerator - ratio * denominator) - laplacePairHalfWidth(scales.offset, Math.abs(ratio) * scales.count);
  const ratio = numerator / denominator;
  // Beyond the range there is no truth: an end is looked for within it alone.
  const findEnd = (limit: number) => {
    if (excess(limit) <= 0) return limit;
    let [inside, outside] = [clamp(ratio), limit];
    for (let i = 0; i < 60; i++) {
      const middle = (inside + outside) / 2;
      if (excess(middle) <= 0) inside = middle;
      else outside = middle;
    }
    return outside;
  };
  return { value: clamp(ratio), lower: findEnd(-range), upper: findEnd(range) };
}

/**
 * The w that |X + Y| exceeds with probability 1 - CONFIDENCE for independent discrete Laplace X and t times Y, of scales a
 * and b (b the scale times t). For continuous ones the tail is (a^2 exp(-w / a) - b^2 exp(-w / b)) / (a^2 - b^2), and
 * (1 + w / 2a) exp(-w / a) where a = b. A discrete draw is at most 1/2 further out than a continuous one of the same
 * rank, since exp(-m / a) / (1 + exp(-1 / a)) <= exp(-(m - 1/2) / a) / 2: hence the 1/2 for each.
 */
export function laplacePairHalfWidth(first: number, second: number): number {
  const [a, b] = first > second ? [first, second] : [second, first];
  const tail = (w: number): number => {
    if (a - b < 1e-6 * a) return (1 + w / (2 * a)) * Math.exp(-w / a);
    return (a * a * Math.exp(-w / a) - (b === 0 ? 0 : b * b * Math.exp(-w / b))) / (a * a - b * b);
  };
  let low = 0;
  let high = 20 * a;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tail(middle) > 1 - CONFIDENCE) low = middle;
    else high = middle;
  }
  return high + 1;
}
