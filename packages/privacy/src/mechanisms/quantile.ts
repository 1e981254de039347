import type { DpEvent } from '../accounting/dp-event.ts';
import { checkIntegers, checkProbability, PrivacyParameterError } from '../checks.ts';
import type { RationalInput } from '../rational.ts';
import { selectExponential } from './selection.ts';

/** The total weight of one account, in whole units: an account with k values gives each floor(2^16 / k). */
export const ACCOUNT_WEIGHT = 2 ** 16;
const MAX_DENOMINATOR = 1000n;

/**
 * A quantile on a public grid by the exponential mechanism (Smith 2011). A grid point's utility is minus the distance
 * between the weight below it and the wanted share of the total, with the fraction cleared: for a quantile a / b the
 * whole number -|b below(g) - a total| = -|(b - a) below(g) - a above(g)|. One account more adds w <= 2^16 to below(g) and above(g)
 * together, so it changes a utility by at most max(a, b - a) 2^16, the sensitivity used. Each of the two is cut at 2^52 / b, which
 * adds no more than that and keeps utilities exact; a refusal there would tell how many accounts there are.
 *
 * @param options.grid public, ascending whole numbers; the answer is one of them
 * @param options.accounts each account's own values, whole numbers
 * @param options.quantile an exact probability such as "0.5", with a denominator of at most 1000
 */
export function releaseQuantile(options: {
  grid: readonly number[];
  accounts: Iterable<readonly number[]>;
  quantile: RationalInput;
  epsilon: RationalInput;
}): { readonly value: number; readonly event: DpEvent } {
  const grid = checkIntegers('grid', options.grid);
  for (let i = 1; i < grid.length; i++) {
    if (grid[i - 1]! >= grid[i]!) throw new PrivacyParameterError('grid', 'must ascend');
  }
  const { numerator, denominator } = checkProbability('quantile', options.quantile);
  if (denominator > MAX_DENOMINATOR)
    throw new PrivacyParameterError('quantile', 'must be a multiple of 1/1000 or coarser');
  const [a, b] = [Number(numerator), Number(denominator)];

  const weights = new Float64Array(grid.length + 1); // whole numbers: weight of values in [grid[i - 1], grid[i])
  let total = 0;
  for (const values of options.accounts) {
    const own = checkIntegers('accounts', values);
    if (own.length === 0) continue;
    const weight = Math.floor(ACCOUNT_WEIGHT / own.length);
    for (const value of own) weights[firstAbove(grid, value)]! += weight;
    total += weight * own.length;
  }
  const utilities = new Float64Array(grid.length);
  const most = Math.floor(2 ** 52 / b);
  let below = 0;
  for (let i = 0; i < grid.length; i++) {
    below += weights[i]!;
    utilities[i] = -Math.abs((b - a) * Math.min(most, below) - a * Math.min(most, total - below));
  }
  const sensitivity = Math.max(a, b - a) * ACCOUNT_WEIGHT;
  const { index, event } = selectExponential({ utilities, sensitivity, epsilon: options.epsilon });
  return { value: grid[index]!, event };
}

/** The index of the first grid point above the value; grid.length when there is none. */
function firstAbove(grid: readonly number[], value: number): number {
  let low = 0;
  let high = grid.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (grid[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
