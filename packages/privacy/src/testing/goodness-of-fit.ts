import { chiSquareTail } from './statistics.ts';

const MIN_EXPECTED = 25;

/**
 * Pearson's chi-square test of counts against exact probabilities. Neighbouring cells are merged until each expects at least
 * 25, so that the asymptotic p-value is good far into its tail; what `probabilities` leave out is one more cell.
 *
 * @returns the p-value: below `a` with probability `a` when the counts have that distribution
 */
export function chiSquarePValue(options: {
  counts: ArrayLike<number>;
  probabilities: ArrayLike<number>;
  total: number;
}): number {
  const { counts, probabilities, total } = options;
  const cells: { count: number; expected: number }[] = [];
  let open = { count: 0, expected: 0 };
  let seen = 0;
  let covered = 0;
  for (let index = 0; index < counts.length; index++) {
    open.count += counts[index]!;
    open.expected += probabilities[index]! * total;
    seen += counts[index]!;
    covered += probabilities[index]!;
    if (open.expected < MIN_EXPECTED) continue;
    cells.push(open);
    open = { count: 0, expected: 0 };
  }
  const last = cells.at(-1);
  if (last === undefined) throw new RangeError('Too few draws for a chi-square test.');
  last.count += open.count + total - seen;
  last.expected += open.expected + Math.max(0, 1 - covered) * total;
  const statistic = cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquareTail(statistic, cells.length - 1);
}

/**
 * The l2 closeness test of google/differential-privacy, with the second sample replaced by exact probabilities, which halves
 * its deviation. The collision statistic has mean n (n - 1) / 2 |p - q|^2; counts are close when it is below
 * tolerance^2 n (n - 1) / 4.
 */
export function isClose(options: {
  counts: ArrayLike<number>;
  probabilities: ArrayLike<number>;
  total: number;
  l2Tolerance: number;
}): boolean {
  const { counts, probabilities, total, l2Tolerance } = options;
  let statistic = 0;
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index]!;
    const probability = probabilities[index]!;
    statistic += (count * (count - 1)) / 2 - (total - 1) * count * probability;
    statistic += ((total * (total - 1)) / 2) * probability * probability;
  }
  return statistic < (l2Tolerance ** 2 * total * (total - 1)) / 4;
}

/**
 * How far, in standard deviations of the statistic when the distributions are equal (n sqrt(|p|^2 / 2) for large n), the
 * threshold of `isClose` lies: the normal tail past it is the false-alarm probability of one vote.
 */
export function closenessMargin(options: {
  probabilities: ArrayLike<number>;
  total: number;
  l2Tolerance: number;
}): number {
  let squares = 0;
  for (let index = 0; index < options.probabilities.length; index++) squares += options.probabilities[index]! ** 2;
  return (options.l2Tolerance ** 2 * (options.total - 1)) / 4 / Math.sqrt(squares / 2);
}

/**
 * The lattice test: every output is a whole multiple of the step, so that its low digits cannot tell the input (Mironov
 * 2012). Deterministic: any output off the grid is a leak.
 */
export function isOnLattice(outputs: ArrayLike<number>, step: number): boolean {
  for (let index = 0; index < outputs.length; index++) {
    if (!Number.isInteger(outputs[index]! / step)) return false;
  }
  return true;
}
