import type { Queryable } from '@sotto/ledger';
import { PrivacyParameterError } from '@sotto/privacy';
import { checkFilter, listKeys, listMainCategories } from './catalogue.ts';
import { InvalidQuestionError } from './invalid-question-error.ts';
import { planHistogram, planTimeSeries } from './kinds/breakdowns.ts';
import { planCoPurchases } from './kinds/co-purchases.ts';
import { planFunnel } from './kinds/funnel.ts';
import { planMean } from './kinds/mean.ts';
import { planQuantile } from './kinds/quantile.ts';
import { planRetention } from './kinds/retention.ts';
import { planTopK } from './kinds/top-k.ts';
import { planCount, planSum } from './kinds/totals.ts';
import type { Terms } from './noise/budget.ts';
import type { Question } from './parse-question.ts';
import type { Plan } from './plan.ts';
import { MAX_CATEGORY_AXES, resolveSegmentation } from './segments/features.ts';
import { planSegments } from './segments/plan.ts';

/** A plan, and the question as the ledger keeps it. */
export interface PlannedQuestion {
  readonly plan: Plan;
  readonly question: Readonly<Record<string, unknown>>;
}

/**
 * How a question is answered at given terms: reads the catalogue, never a customer's row.
 * @throws InvalidQuestionError when it does not fit the catalogue, or no noise can be calibrated to it
 */
export async function planQuestion(from: Queryable, question: Question, terms: Terms): Promise<PlannedQuestion> {
  try {
    if ('filter' in question.spec) await checkFilter(from, question.spec.filter);
    const { plan, spec } = await choosePlan(from, question, terms);
    return { plan, question: spec };
  } catch (error) {
    if (!(error instanceof PrivacyParameterError)) throw error;
    const reason = error.message.slice(error.parameter.length + 1);
    throw new InvalidQuestionError(error.parameter, reason, { cause: error });
  }
}

async function choosePlan(
  from: Queryable,
  question: Question,
  terms: Terms,
): Promise<{ plan: Plan; spec: Readonly<Record<string, unknown>> }> {
  const { kind, spec } = question;
  switch (kind) {
    case 'COUNT':
      return { plan: planCount(spec, terms), spec };
    case 'SUM':
      return { plan: planSum(spec, terms), spec };
    case 'MEAN':
      return { plan: planMean(spec, terms), spec };
    case 'QUANTILE':
      return { plan: planQuantile(spec, terms), spec };
    case 'HISTOGRAM': {
      const keys = await listKeys(from, {
        dimension: spec.dimension,
        level: spec.level,
        filter: spec.filter,
        path: 'spec.dimension',
      });
      return { plan: planHistogram(spec, terms, keys), spec };
    }
    case 'TIME_SERIES':
      return { plan: planTimeSeries(spec, terms), spec };
    case 'TOP_K': {
      const keys = await listKeys(from, {
        dimension: spec.dimension,
        level: spec.level,
        filter: spec.filter,
        path: 'spec.dimension',
      });
      if (spec.k > keys.length)
        throw new InvalidQuestionError('spec.k', 'must be at most the number of keys that the catalogue has');
      return { plan: planTopK(spec, terms, keys), spec };
    }
    case 'CO_PURCHASE':
      return { plan: planCoPurchases(spec, terms), spec };
    case 'FUNNEL':
      return { plan: planFunnel(spec, terms), spec };
    case 'RETENTION':
      return { plan: planRetention(spec, terms), spec };
    case 'SEGMENTS': {
      const segmentation = resolveSegmentation(spec, await listMainCategories(from, MAX_CATEGORY_AXES));
      return { plan: planSegments(segmentation, terms), spec: { ...segmentation } };
    }
  }
}
