import type { Transaction } from '@sotto/database';
import type { ReleaseAnswer, ReleaseRow } from '@sotto/ledger';
import type { DpEvent } from '@sotto/privacy';
import type { Population } from './population.ts';

/** How a question is answered: fixed by its parameters and public data before any customer's row is read. */
export interface Plan {
  readonly event: DpEvent;
  /** For the ledger's readers. */
  readonly mechanism: string;
  /** Standard deviation of the noise on one released value, in the value's units. */
  readonly noiseScale: number;
  /** Half the width of a value's interval; null where only the data could tell. */
  readonly expectedError: number | null;
  /** Reads the population and answers. Called at most once for a reservation. */
  draw(tx: Transaction, population: Population): Promise<ReleaseAnswer>;
}

/** A row with an interval for the noise. What cannot be negative has an interval from zero on; the value stays unbiased. */
export function countRow(key: string, value: number, halfWidth: number): ReleaseRow {
  return {
    key,
    value,
    lower: Math.max(0, value - halfWidth),
    upper: Math.max(0, value + halfWidth),
    isSuppressed: false,
  };
}
