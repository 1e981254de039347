/**
 * Accounting alone uses doubles, and leaves each formula on the pessimistic side: a privacy loss is raised by 2^-40 of
 * itself, some four thousand units in the last place, which covers the roundings of the sums and special functions here
 * (each accurate to a few units, over at most a thousand correlated terms in the logarithm). Costs that decide an
 * admission are turned into integers after this, by `ceil`.
 */
const SLACK = 2 ** -40;

/** A value at least as large as the exact result that `value` approximates. */
export function roundUp(value: number): number {
  return value + Math.abs(value) * SLACK;
}

/** A value at most as large as the exact result that `value` approximates. */
export function roundDown(value: number): number {
  return value - Math.abs(value) * SLACK;
}
