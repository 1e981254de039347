import { CONFIDENCE } from './budget.ts';

/** Wider noise has the same shape on a longer scale: it is worked out at this epsilon and stretched. */
const FINEST_EPSILON = 0.05;

/**
 * The smallest whole w with P(|sum of `count` discrete Laplace draws of scale 1 / epsilon| > w) at most 1 - CONFIDENCE; at
 * an epsilon below 0.05 up to a fiftieth more.
 *
 * The characteristic function of one draw is (1 - r)^2 / (1 - 2 r cos t + r^2) with r = exp(-epsilon); that of the sum is
 * its power. On N points t = 2 pi j / N it gives the distribution modulo N, and P(|sum| <= w) is the average of it
 * times the Dirichlet kernel sin((w + 1/2) t) / sin(t / 2). N is 80 times the scale of the sum: what wraps around is nothing.
 */
export function discreteLaplaceSumHalfWidth({ epsilon, count }: { epsilon: number; count: number }): number {
  if (epsilon < FINEST_EPSILON) {
    const width = discreteLaplaceSumHalfWidth({ epsilon: FINEST_EPSILON, count });
    return Math.ceil(((width + 1) * FINEST_EPSILON) / epsilon);
  }
  const r = Math.exp(-epsilon);
  const points = 2 ** Math.ceil(Math.log2(64 + (80 * count) / epsilon));
  // Points j and N - j are alike, so half of them count twice; N / 2 itself stands alone.
  const weights = Float64Array.from({ length: points / 2 + 1 }, (_, j) => {
    const cosine = Math.cos((2 * Math.PI * j) / points);
    const phi = ((1 - r) ** 2 / (1 - 2 * r * cosine + r * r)) ** count;
    return j === 0 ? phi : (phi * (j === points / 2 ? 1 : 2)) / Math.sin((Math.PI * j) / points);
  });
  const probabilityWithin = (width: number): number => {
    let sum = weights[0]! * (2 * width + 1);
    for (let j = 1; j < weights.length; j++) sum += weights[j]! * Math.sin((2 * width + 1) * ((Math.PI * j) / points));
    return sum / points;
  };
  let low = -1;
  let high = Math.ceil((5 * count) / epsilon);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (probabilityWithin(middle) >= CONFIDENCE) high = middle;
    else low = middle;
  }
  return high;
}
