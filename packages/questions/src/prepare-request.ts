import { readSetting } from '@sotto/database';
import { budgetPolicy, type Queryable, type ReleaseRequest } from '@sotto/ledger';
import type { Terms } from './noise/budget.ts';
import type { Question } from './parse-question.ts';
import type { Plan } from './plan.ts';
import { planQuestion } from './plan-question.ts';

/** A question with its plan, as the ledger prices and reserves it. */
export interface PreparedRequest {
  readonly plan: Plan;
  readonly request: ReleaseRequest;
}

/** @throws InvalidQuestionError when the question does not fit the catalogue */
export async function prepareRequest(from: Queryable, question: Question, askedBy: string): Promise<PreparedRequest> {
  const terms = await readTerms(from, question);
  const planned = await planQuestion(from, question, terms);
  const { event, mechanism, noiseScale } = planned.plan;
  const request: ReleaseRequest = {
    kind: question.kind,
    question: planned.question,
    purpose: 'ANALYTICS',
    askedBy,
    event,
    epsilon: terms.epsilon,
    delta: terms.delta,
    mechanism,
    noiseScale,
    requireAllCohorts: question.requireAllCohorts,
  };
  return { plan: planned.plan, request };
}

/** The delta at which a release alone costs its epsilon is the budgets'. */
export async function readTerms(
  from: Queryable,
  { epsilon, assumedPopulation }: Pick<Question, 'epsilon' | 'assumedPopulation'>,
): Promise<Terms> {
  const { delta } = (await readSetting(from, budgetPolicy)) ?? budgetPolicy.schema.parse({});
  return { epsilon, delta, assumedPopulation };
}
