import { readSetting, type Transaction } from '@sotto/database';
import { budgetPolicy, type ReleaseRequest } from '@sotto/ledger';
import { type PrivateAlgorithm, planPrivateAls, planStatistic } from '@sotto/recommender/training';

export interface PlannedRelease {
  readonly algorithm: PrivateAlgorithm;
  readonly hyperparameters: unknown;
  /** Exact decimal: what the release costs alone, at the budgets' delta. */
  readonly epsilon: string;
  /** The newest stored statistic. */
  readonly previousReleaseId: string | undefined;
  readonly askedBy: string;
}

/**
 * The release that a private training draws, as the ledger prices it: a function of parameters and of earlier releases
 * only.
 * @throws PrivacyParameterError naming what is out of range; InvalidHyperparameters
 */
export async function composeReleaseRequest(tx: Transaction, planned: PlannedRelease): Promise<ReleaseRequest> {
  const { delta } = (await readSetting(tx, budgetPolicy)) ?? budgetPolicy.schema.parse({});
  const { question, plan } =
    planned.algorithm === 'private-ials' ? planFactors(planned, delta) : planSums(planned, delta);
  const { event, epsilon, mechanism, noiseScale } = plan;
  return {
    kind: 'STATISTIC',
    question,
    purpose: 'TRAINING',
    askedBy: planned.askedBy,
    event,
    epsilon,
    delta: plan.delta,
    mechanism,
    noiseScale,
    isFresh: true,
  };
}

/** Of an earlier statistic nothing but its name is needed: what the head is chosen from costs the same. */
function planSums({ epsilon, previousReleaseId }: PlannedRelease, delta: string) {
  const plan = planStatistic({ epsilon, delta, productIds: new Int32Array() });
  return { plan, question: { statistic: 'co-occurrence', headFrom: previousReleaseId ?? 'itself' } };
}

/** The price does not depend on how many items there are, so none is counted. */
function planFactors({ epsilon, hyperparameters }: PlannedRelease, delta: string) {
  const plan = planPrivateAls({ epsilon, delta, itemCount: 1, hyperparameters });
  return { plan, question: { statistic: 'item-factors', hyperparameters: { ...plan.hyperparameters } } };
}
