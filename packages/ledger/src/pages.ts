import { LedgerError } from './errors.ts';

const MAX_PAGE_ROWS = 1_000;

/** @throws LedgerError BAD_INPUT unless it is 1..1,000 */
export function checkFirst(first: number): number {
  if (!Number.isInteger(first) || first < 1 || first > MAX_PAGE_ROWS)
    throw new LedgerError('BAD_INPUT', `first must be a whole number from 1 to ${MAX_PAGE_ROWS}`, {
      parameter: 'first',
    });
  return first;
}
