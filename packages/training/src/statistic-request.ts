import { readSetting, type Transaction } from '@sotto/database';
import { budgetPolicy, type ReleaseRequest } from '@sotto/ledger';
import { planStatistic } from '@sotto/recommender/training';

/**
 * A new release of the co-occurrence statistic as the ledger prices it: a function of parameters and of earlier releases
 * only. Of an earlier statistic nothing but its name is needed here, since what the head is chosen from costs the same.
 * @param options.epsilon exact decimal: what the release costs alone, at the budgets' delta
 * @throws PrivacyParameterError naming what is out of range
 */
export async function composeStatisticRequest(
  tx: Transaction,
  options: {
    readonly epsilon: string;
    readonly previousReleaseId: string | undefined;
    readonly askedBy: string;
  },
): Promise<ReleaseRequest> {
  const { delta } = (await readSetting(tx, budgetPolicy)) ?? budgetPolicy.schema.parse({});
  const plan = planStatistic({ epsilon: options.epsilon, delta, productIds: new Int32Array() });
  return {
    kind: 'STATISTIC',
    question: { statistic: 'co-occurrence', headFrom: options.previousReleaseId ?? 'itself' },
    purpose: 'TRAINING',
    askedBy: options.askedBy,
    event: plan.event,
    epsilon: plan.epsilon,
    delta: plan.delta,
    mechanism: plan.mechanism,
    noiseScale: plan.noiseScale,
    isFresh: true,
  };
}
