import { AlsSolver, placeAlsSide } from '../kernels/als.ts';
import { type KernelPool, openKernelPool } from '../kernels/pool.ts';
import { createRandom, fillNormal } from '../random.ts';
import { type SparseMatrix, transpose } from '../sparse-matrix.ts';
import type { TrainingContext, TrainingInput } from '../trainer.ts';
import { collectUserItems } from '../user-items.ts';
import { type IalsHyperparameters, IalsRecommender, type ItemFactors } from './ials.ts';

/** The newest distinct items that are learned of a user. */
const MAX_ITEMS_PER_USER = 5_000;
/** Spread of the first item factors' predictions (Rendle et al. 2022). */
const INITIAL_DEVIATION = 0.1;

/** @throws TrainingCancelled */
export async function trainIals(
  hyperparameters: IalsHyperparameters,
  { interactions }: TrainingInput,
  context: TrainingContext,
): Promise<IalsRecommender> {
  const observations = weighByRecency(
    collectUserItems(interactions, MAX_ITEMS_PER_USER),
    hyperparameters.trainingDecay,
  );
  const pool = await openKernelPool(context);
  try {
    return new IalsRecommender(await factorize(pool, observations, hyperparameters, context), hyperparameters);
  } finally {
    await pool.close();
  }
}

/**
 * Item factors of a matrix of confidences, users by items.
 * @throws TrainingCancelled
 */
export async function factorize(
  pool: KernelPool,
  observations: SparseMatrix,
  hyperparameters: IalsHyperparameters,
  context: TrainingContext,
): Promise<ItemFactors> {
  const { rank, iterations } = hyperparameters;
  const users = placeAlsSide(pool, observations, hyperparameters);
  const items = placeAlsSide(pool, transpose(observations), hyperparameters);
  const solver = new AlsSolver(pool, hyperparameters);
  const losses = pool.memory.allocateFloat64(users.rowCount);
  const totalWeight = observations.values.reduce((sum, weight) => sum + weight, 0);
  fillNormal(items.factors, INITIAL_DEVIATION / Math.sqrt(rank), createRandom(context.seed));
  for (let iteration = 0; iteration < iterations; iteration++) {
    await solver.solve(users, items);
    context.onPoint('loss', iteration, toShare(await solver.measureRowLoss(users, items, losses), totalWeight));
    await solver.solve(items, users);
    context.onProgress((iteration + 1) / iterations, `Iteration ${iteration + 1} of ${iterations}`);
  }
  await solver.rotateToPrincipalAxes(items);
  return { itemCount: items.rowCount, rank, factors: items.factors.slice() };
}

/**
 * The loss as a share of what predicting nothing costs, to four digits: the curve is published, and neither the sum, which
 * a great penalty turns into the number of interactions, nor a quotient that is exact enough to give away its terms may
 * stand in it.
 */
function toShare(loss: number, totalWeight: number): number {
  return totalWeight > 0 ? Number((loss / totalWeight).toPrecision(4)) : 0;
}

/** @param observations rows ordered newest first */
function weighByRecency(observations: SparseMatrix, decay: number): SparseMatrix {
  const values = observations.values.slice();
  for (let user = 0; user < observations.rowCount; user++) {
    let recency = 1;
    for (let slot = observations.rowPtr[user]!; slot < observations.rowPtr[user + 1]!; slot++) {
      values[slot] = recency * values[slot]!;
      recency *= decay;
    }
  }
  return { ...observations, values };
}
