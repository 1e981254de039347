import { type Database, readTrainingInteractions } from '@sotto/database';
import type { Reservation } from '@sotto/ledger';
import { INTERACTION_KINDS, type TrainingInput } from '@sotto/recommender/training';
import { DrawFailedError, isTransient } from '../failure.ts';
import { InteractionTable } from './interaction-table.ts';

export interface DrawOptions {
  /** The catalogue, ascending: what is sold is public, and does not depend on who bought it. */
  readonly productIds: Int32Array;
  readonly maxInteractionsPerCustomer: number;
  readonly signal: AbortSignal;
}

/**
 * Draws from a reservation that is STARTED. It reads, from one snapshot, accounts that consent to TRAINING, of the charged
 * cohorts alone, and only rows received before the window's end.
 * @param draw gets what was read; called once
 * @throws DrawFailedError, which tells nothing of the rows; what `isTransient` tells apart
 */
export async function drawRelease<Drawn>(
  database: Database,
  { cohorts, windowEnd }: Reservation,
  { productIds, maxInteractionsPerCustomer, signal }: DrawOptions,
  draw: (input: TrainingInput) => Promise<Drawn>,
): Promise<Drawn> {
  try {
    const table = new InteractionTable(maxInteractionsPerCustomer, productIds);
    await readTrainingInteractions(database, INTERACTION_KINDS, table, signal, { cohorts, end: windowEnd });
    const { interactions } = table.finish();
    // Recency counts back from the window's end: the moment of the run is nobody's business.
    return await draw({ interactions, productIds, now: Math.floor(windowEnd.getTime() / 1000) });
  } catch (cause) {
    if (signal.aborted || isTransient(cause)) throw cause;
    throw new DrawFailedError('the draw of a private release failed', { cause });
  }
}
