import type { DpEvent } from '../accounting/dp-event.ts';
import { composeEvents } from '../accounting/dp-event.ts';
import { checkBound, checkEpsilon, checkIntegers, PrivacyParameterError } from '../checks.ts';
import { type RandomSource, randomSource } from '../random.ts';
import { divideRationals, formatRational, type Rational, type RationalInput, roundUpToBits } from '../rational.ts';
import { drawBernoulliExp, drawBernoulliExpBig } from './bernoulli.ts';
import { DiscreteLaplace } from './discrete-laplace.ts';
import { drawNoisy } from './noise.ts';

/** What the selection mechanisms share: how good each candidate is, in whole numbers, and how much one account matters. */
export interface SelectionOptions {
  /** The utility of each candidate of a public list, a whole number; clamped to 2^52. */
  readonly utilities: ArrayLike<number>;
  /** The most that one account changes any one utility, a whole number. */
  readonly sensitivity: number;
  readonly epsilon: RationalInput;
  /** Set when one account more can only raise utilities (counts): halves the noise for the same epsilon. */
  readonly isMonotone?: boolean;
}

const MAX_UTILITY = 2 ** 52;
const MAX_CANDIDATES = 2 ** 24;
const SCALE_BITS = 20;

/**
 * The exponential mechanism (McSherry and Talwar 2007): a candidate with probability proportional to
 * exp(epsilon u / (2 sensitivity)), exactly, by drawing candidates uniformly and keeping one with
 * exp(-epsilon (best - u) / (2 sensitivity)). Costs epsilon, of bounded range.
 *
 * @returns the index of the chosen candidate
 */
export function selectExponential(options: SelectionOptions): { readonly index: number; readonly event: DpEvent } {
  const { utilities, coin, epsilon } = prepare(options);
  const index = drawExponential(randomSource(), utilities, allCandidates(utilities), coin);
  return { index, event: { kind: 'boundedRange', epsilon } };
}

/**
 * Permute-and-flip (McKenna and Sheldon 2020), the same distribution as report noisy max with exponential noise (Ding et
 * al. 2021): candidates in random order, the first kept with exp(-epsilon (best - u) / (2 sensitivity)). Never worse than
 * the exponential mechanism in expected utility, pure epsilon.
 */
export function selectPermuteAndFlip(options: SelectionOptions): { readonly index: number; readonly event: DpEvent } {
  const { utilities, coin, epsilon } = prepare(options);
  const random = randomSource();
  const best = maximum(utilities);
  const order = allCandidates(utilities);
  for (let place = 0; ; place++) {
    const other = place + random.below(order.length - place);
    const candidate = order[other]!;
    order[other] = order[place]!;
    order[place] = candidate;
    // The best candidate is always kept, so the loop ends within one pass.
    if (coin(random, best - utilities[candidate]!)) return { index: candidate, event: { kind: 'pure', epsilon } };
  }
}

/**
 * Report noisy max with discrete Laplace noise of scale 2 sensitivity / epsilon (sensitivity / epsilon when monotone); ties
 * go to the lowest index, which whole noise allows (README, "Report noisy max").
 */
export function reportNoisyMax(options: SelectionOptions): { readonly index: number; readonly event: DpEvent } {
  const { utilities, epsilon, lossPerUnit } = prepare(options);
  const noise = new DiscreteLaplace({ scale: roundUpToBits(divideRationals(ONE, lossPerUnit), SCALE_BITS) });
  let index = 0;
  let best: number | bigint = -Infinity;
  for (let candidate = 0; candidate < utilities.length; candidate++) {
    const noisy = drawNoisy(noise, utilities[candidate]!);
    if (noisy > best) [index, best] = [candidate, noisy];
  }
  return { index, event: { kind: 'pure', epsilon } };
}

/**
 * The top k in order: the exponential mechanism k times without replacement, each at `epsilon`, which is the distribution
 * of one shot of Gumbel noise (Durfee and Rogers 2019, Lemma 4.2). Costs k events of bounded range.
 */
export function selectTopK(options: SelectionOptions & { k: number }): {
  readonly indices: readonly number[];
  readonly event: DpEvent;
} {
  const { utilities, coin, epsilon } = prepare(options);
  const k = checkBound('k', options.k, MAX_CANDIDATES);
  if (k > utilities.length) throw new PrivacyParameterError('k', 'must be at most the number of candidates');
  const random = randomSource();
  const candidates = allCandidates(utilities);
  const indices: number[] = [];
  while (indices.length < k) {
    const index = drawExponential(random, utilities, candidates, coin);
    candidates[candidates.indexOf(index)] = candidates.at(-1)!;
    candidates.pop();
    indices.push(index);
  }
  return { indices, event: composeEvents({ event: { kind: 'boundedRange', epsilon }, count: k }) };
}

/** Keeps a candidate `gap` below the best with probability exp(-gap * lossPerUnit). */
type Coin = (random: RandomSource, gap: number) => boolean;

const ONE: Rational = { numerator: 1n, denominator: 1n };

function prepare(options: SelectionOptions): {
  utilities: ArrayLike<number>;
  coin: Coin;
  epsilon: string;
  lossPerUnit: Rational;
} {
  // Clamped, not refused, since they come from data; a clamped utility moves by no more than the utility itself.
  const utilities = Float64Array.from(checkIntegers('utilities', options.utilities), (utility) =>
    Math.max(-MAX_UTILITY, Math.min(MAX_UTILITY, utility)),
  );
  if (utilities.length < 1) throw new PrivacyParameterError('utilities', 'must not be empty');
  if (utilities.length > MAX_CANDIDATES) throw new PrivacyParameterError('utilities', 'has too many candidates');
  const sensitivity = checkBound('sensitivity', options.sensitivity, 2 ** 40);
  const epsilon = checkEpsilon('epsilon', options.epsilon);
  const divisor = BigInt(sensitivity) * (options.isMonotone === true ? 1n : 2n);
  const lossPerUnit = divideRationals(epsilon, { numerator: divisor, denominator: 1n });
  return { utilities, coin: exponentialCoin(lossPerUnit), epsilon: formatRational(epsilon), lossPerUnit };
}

/** In doubles while gap * numerator and the denominator stay below 2^53, as `drawBernoulliExp` requires; else in BigInt. */
function exponentialCoin({ numerator, denominator }: Rational): Coin {
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  if (numerator > safe || denominator > safe) {
    return (random, gap) => drawBernoulliExpBig(random, BigInt(gap) * numerator, denominator);
  }
  const [top, bottom] = [Number(numerator), Number(denominator)];
  const maxGap = Math.floor(Number.MAX_SAFE_INTEGER / top);
  return (random, gap) =>
    gap <= maxGap
      ? drawBernoulliExp(random, gap * top, bottom)
      : drawBernoulliExpBig(random, BigInt(gap) * numerator, denominator);
}

function drawExponential(random: RandomSource, utilities: ArrayLike<number>, candidates: number[], coin: Coin): number {
  let best = -Infinity;
  for (const candidate of candidates) best = Math.max(best, utilities[candidate]!);
  for (;;) {
    const candidate = candidates[random.below(candidates.length)]!;
    if (coin(random, best - utilities[candidate]!)) return candidate;
  }
}

function allCandidates(utilities: ArrayLike<number>): number[] {
  return Array.from({ length: utilities.length }, (_, index) => index);
}

function maximum(values: ArrayLike<number>): number {
  let best = -Infinity;
  for (let index = 0; index < values.length; index++) best = Math.max(best, values[index]!);
  return best;
}
