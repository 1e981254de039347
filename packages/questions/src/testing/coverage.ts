import { binomialUpperTail } from '@sotto/privacy/testing';

/** The chance that a test of coverage fails although the intervals hold. */
export const COVERAGE_FALSE_ALARM = 1e-6;

/** Of so many independent draws that cover with at least 0.95 each, fewer than this cover with probability below 1e-6. */
export function leastCovered(draws: number): number {
  let missed = Math.ceil(draws * 0.05);
  while (binomialUpperTail(missed, draws, 0.05) >= COVERAGE_FALSE_ALARM) missed++;
  return draws - missed + 1;
}

/** Of so many independent draws that cover with at most this probability, more than this cover with probability below 1e-6. */
export function mostCovered(draws: number, probability: number): number {
  let covered = Math.ceil(draws * probability);
  while (binomialUpperTail(covered, draws, probability) >= COVERAGE_FALSE_ALARM) covered++;
  return covered - 1;
}
