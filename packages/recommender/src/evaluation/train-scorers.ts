import { keepStrongest, parseEase, solveEase } from '../models/ease.ts';
import { ItemWeightsRecommender } from '../models/item-weights.ts';
import { Pacer, stageOf } from '../pacing.ts';
import { prepareTraining } from '../train-model.ts';
import type { Algorithm, TrainingContext, TrainingInput } from '../trainer.ts';
import { DenseWeightsScorer } from './dense-weights.ts';
import type { Scorer } from './evaluate.ts';

export interface TrainedScorers {
  /** The method as published. */
  readonly full: Scorer;
  /** What is served of it, where that is less. */
  readonly served: Scorer | undefined;
}

/**
 * Trains a model for evaluation. EASE is served with the strongest weights of each item only; here the whole matrix is
 * kept beside them, itemCount^2 x 4 bytes.
 * @throws InvalidHyperparameters before any work is done
 */
export async function trainScorers(
  algorithm: Algorithm,
  hyperparameters: unknown,
  input: TrainingInput,
  context: TrainingContext,
): Promise<TrainedScorers> {
  if (algorithm !== 'ease') {
    return { full: await prepareTraining(algorithm, hyperparameters)(input, context), served: undefined };
  }
  const parsed = parseEase(hyperparameters);
  const weights = await solveEase(parsed, input, stageOf(context, 0, 0.9));
  const pacer = new Pacer(stageOf(context, 0.9, 1), 'Keeping the strongest weights');
  const strongest = await keepStrongest(weights, parsed.weightsPerItem, pacer);
  return {
    full: new DenseWeightsScorer(weights, parsed),
    served: new ItemWeightsRecommender('ease', strongest, parsed),
  };
}
