import { type Database, readTrainingInteractions } from '@sotto/database';
import { INTERACTION_KINDS, type TrainingInput } from '@sotto/recommender/training';
import { TrainingDataError } from '../failure.ts';
import { InteractionTable } from './interaction-table.ts';

/**
 * Reads what a model may learn from: a shop's products and customers become items and users here, and nowhere else.
 * @throws TrainingDataError when there is nothing to learn
 */
export async function loadTrainingInput(
  database: Database,
  { maxInteractionsPerCustomer }: { readonly maxInteractionsPerCustomer: number },
  signal: AbortSignal,
): Promise<TrainingInput> {
  const table = new InteractionTable(maxInteractionsPerCustomer);
  await readTrainingInteractions(database, INTERACTION_KINDS, table, signal);
  const { interactions, productIds } = table.finish();
  if (productIds.length === 0)
    throw new TrainingDataError('The catalogue has no product: there is nothing to recommend.');
  if (interactions.userCount === 0)
    throw new TrainingDataError(
      'No account that consents to training has an interaction with a product of the catalogue: there is nothing to learn from.',
    );
  return { interactions, productIds, now: Math.floor(Date.now() / 1000) };
}
