/** Signal share at which taste counts half of what it would without noise. */
const HALF_SHARE = 0.1;
/** What little was learned and popularity still decide where content says nothing. */
const LEAST_TASTE = 0.01;
/** Noise alone passes so many standard errors in fewer than one release of ten thousand, where there are some hundred sums. */
const CERTAIN_ERRORS = 4;

/** How far the factors' sums stand over their noise: a function of the release alone. */
export interface TasteSignal {
  /** What learned scores are multiplied by beside those of content, from near 0 where all is noise to near 1 where none is. */
  readonly taste: number;
  /** Whether the sums are more than noise for certain. Where they are not, content and private popularity decide. */
  readonly isCertain: boolean;
}

/**
 * Noisy sums have the mean square s + v, v being the variance of the noise, so that s / (s + v) of it is signal. Of n sums of
 * noise alone the mean square is v within v sqrt(2 / n), one standard error, by which s is taken for less than it seems.
 * @param noisy sums of a release
 * @param deviation of their noise
 * @returns from 0 to 1
 */
export function signalShare(noisy: ArrayLike<number>, deviation: number): number {
  const { excess, standardError, meanSquare } = measureExcess(noisy, deviation);
  return Math.max(0, excess - standardError) / meanSquare;
}

/** @param noisy the last sums of factors */
export function measureTaste(noisy: Float64Array, deviation: number): TasteSignal {
  const share = signalShare(noisy, deviation);
  const { excess, standardError } = measureExcess(noisy, deviation);
  return {
    taste: Math.max(LEAST_TASTE, share / (share + HALF_SHARE)),
    isCertain: excess > CERTAIN_ERRORS * standardError,
  };
}

function measureExcess(noisy: ArrayLike<number>, deviation: number) {
  let squares = 0;
  for (let at = 0; at < noisy.length; at++) squares += noisy[at]! * noisy[at]!;
  const meanSquare = squares / noisy.length;
  const variance = deviation ** 2;
  return { meanSquare, excess: meanSquare - variance, standardError: variance * Math.sqrt(2 / noisy.length) };
}
