import { parseNumbers } from '../hyperparameters.ts';
import { findCosineNeighbours, toSparseRows } from '../neighbours.ts';
import { Pacer } from '../pacing.ts';
import type { TrainingContext, TrainingInput } from '../trainer.ts';
import { collectUserItems, MAX_ITEMS_PER_USER } from '../user-items.ts';
import { type HistoryReading, ItemWeightsRecommender } from './item-weights.ts';

export interface ItemCosineHyperparameters extends HistoryReading {
  /** Neighbours kept of each item. */
  readonly neighbours: number;
  /** Common users, a purchase counting 1, at which a similarity counts half. */
  readonly shrinkage: number;
}

/** @throws InvalidHyperparameters */
export function parseItemCosine(value: unknown): ItemCosineHyperparameters {
  return parseNumbers(value, {
    recentItems: { fallback: 30, minimum: 1, maximum: 200, isInteger: true },
    decay: { fallback: 0.95, minimum: 0.01, maximum: 1 },
    neighbours: { fallback: 200, minimum: 1, maximum: 10_000, isInteger: true },
    shrinkage: { fallback: 0, minimum: 0, maximum: 1_000 },
  });
}

/**
 * Cosines of the items' user sets.
 * @throws TrainingCancelled
 */
export async function trainItemCosine(
  hyperparameters: ItemCosineHyperparameters,
  { interactions }: TrainingInput,
  context: TrainingContext,
): Promise<ItemWeightsRecommender<'item-cosine'>> {
  const similarities = await findCosineNeighbours(
    collectUserItems(interactions, MAX_ITEMS_PER_USER),
    { width: Math.min(hyperparameters.neighbours, interactions.itemCount), shrinkage: hyperparameters.shrinkage },
    new Pacer(context, 'Similarities of items'),
  );
  return new ItemWeightsRecommender('item-cosine', toSparseRows(similarities), hyperparameters);
}
