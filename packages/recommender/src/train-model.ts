import { trainCompanions } from './companions.ts';
import { trainEase } from './models/ease.ts';
import { type HyperparametersOf, parseHyperparameters } from './models/hyperparameters.ts';
import { trainIals } from './models/ials-training.ts';
import { trainItemCosine } from './models/item-cosine.ts';
import { trainPopularity } from './models/popularity.ts';
import { stageOf, throwIfCancelled } from './pacing.ts';
import type { Recommender } from './recommender.ts';
import type { Algorithm, TrainingContext, TrainingInput, TrainModel } from './trainer.ts';

/**
 * Trains what one model version serves. Its long loops yield to the event loop and look at the cancel flag; single passes
 * over the interactions do not.
 * @throws InvalidHyperparameters before any work is done
 * @throws TrainingImpossible; TrainingCancelled
 */
export const trainModel: TrainModel = async (algorithm, hyperparameters, input, context) => {
  const train = prepareTraining(algorithm, hyperparameters);
  const { productIds, interactions } = input;
  if (productIds.length !== interactions.itemCount) {
    throw new RangeError(`There are ${productIds.length} product ids for ${interactions.itemCount} items.`);
  }
  throwIfCancelled(context);
  // First, since it may turn out to be impossible.
  const recommender = await train(input, stageOf(context, 0, 0.7));
  const companions = await trainCompanions(input, stageOf(context, 0.7, 1));
  context.onProgress(1, 'Trained');
  return { algorithm, productIds, recommender, ...companions };
};

type TrainRecommender = (input: TrainingInput, context: TrainingContext) => Promise<Recommender>;

const TRAINERS: {
  readonly [Name in Algorithm]: (
    hyperparameters: HyperparametersOf[Name],
    input: TrainingInput,
    context: TrainingContext,
  ) => Promise<Recommender>;
} = {
  popularity: trainPopularity,
  'item-cosine': trainItemCosine,
  ease: trainEase,
  ials: trainIals,
};

/**
 * The personal recommender alone, without the other placements' statistics.
 * @throws InvalidHyperparameters
 */
export function prepareTraining<Name extends Algorithm>(algorithm: Name, value: unknown): TrainRecommender {
  const hyperparameters = parseHyperparameters(algorithm, value);
  return (input, context) => TRAINERS[algorithm](hyperparameters, input, context);
}
