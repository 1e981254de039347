import { trainCompanions } from './companions.ts';
import { parseEase, trainEase } from './models/ease.ts';
import { parseIals } from './models/ials.ts';
import { trainIals } from './models/ials-training.ts';
import { parseItemCosine, trainItemCosine } from './models/item-cosine.ts';
import { parsePopularity, trainPopularity } from './models/popularity.ts';
import { stageOf, throwIfCancelled } from './pacing.ts';
import type { Recommender } from './recommender.ts';
import {
  ALGORITHMS,
  type Algorithm,
  InvalidHyperparameters,
  type TrainingContext,
  type TrainingInput,
  type TrainModel,
} from './trainer.ts';

/**
 * Trains what one model version serves. Yields to the event loop and looks at the cancel flag throughout.
 * @throws InvalidHyperparameters before any work is done
 * @throws TrainingCancelled
 */
export const trainModel: TrainModel = async (algorithm, hyperparameters, input, context) => {
  const train = prepareTraining(algorithm, hyperparameters);
  const { productIds, interactions } = input;
  if (productIds.length !== interactions.itemCount) {
    throw new RangeError(`There are ${productIds.length} product ids for ${interactions.itemCount} items.`);
  }
  throwIfCancelled(context);
  const companions = await trainCompanions(input, stageOf(context, 0, 0.3));
  const recommender = await train(input, stageOf(context, 0.3, 1));
  context.onProgress(1, 'Trained');
  return { algorithm, productIds, recommender, ...companions };
};

type TrainRecommender = (input: TrainingInput, context: TrainingContext) => Promise<Recommender>;

/**
 * The personal recommender alone, without the other placements' statistics.
 * @throws InvalidHyperparameters
 */
export function prepareTraining(algorithm: Algorithm, value: unknown): TrainRecommender {
  switch (algorithm) {
    case 'popularity': {
      const hyperparameters = parsePopularity(value);
      return (input, context) => trainPopularity(hyperparameters, input, context);
    }
    case 'item-cosine': {
      const hyperparameters = parseItemCosine(value);
      return (input, context) => trainItemCosine(hyperparameters, input, context);
    }
    case 'ease': {
      const hyperparameters = parseEase(value);
      return (input, context) => trainEase(hyperparameters, input, context);
    }
    case 'ials': {
      const hyperparameters = parseIals(value);
      return (input, context) => trainIals(hyperparameters, input, context);
    }
    default:
      throw new InvalidHyperparameters(
        'algorithm',
        `There is no algorithm "${algorithm}"; there are: ${ALGORITHMS.join(', ')}.`,
      );
  }
}
