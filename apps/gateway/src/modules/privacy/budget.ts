import { builder, type Typed } from '../../builder.ts';
import { ErrorInterface, type ErrorShape } from '../errors.ts';

/** What the accounts of one calendar month have spent of their budget. */
export interface PrivacyBudgetShape {
  /** The month, as 2026-01. */
  readonly cohort: string;
  readonly epsilonLimit: string;
  readonly epsilonSpent: string;
  readonly epsilonRemaining: string;
  readonly delta: string;
  /** Shares of the budget, 0 to 1 in decimals, by purpose. */
  readonly spentByPurpose: Readonly<Record<string, string>>;
  /** Of all purposes, 0 to 1. */
  readonly lossShareSpent: number;
  /** Hash of the cohort's newest ledger entry. */
  readonly headHash: string;
}

export const PrivacyBudget = builder.objectRef<PrivacyBudgetShape>('PrivacyBudget').implement({
  description:
    'The privacy budget of a cohort: all accounts that were created in one calendar month (UTC). It is never refilled.',
  authScopes: { analyst: true },
  fields: (t) => ({
    cohort: t.exposeString('cohort', { description: 'The month, as 2026-01.' }),
    epsilonLimit: t.expose('epsilonLimit', { type: 'Decimal' }),
    epsilonSpent: t.expose('epsilonSpent', { type: 'Decimal', description: 'Of all releases together; rounded up.' }),
    epsilonRemaining: t.expose('epsilonRemaining', { type: 'Decimal' }),
    delta: t.expose('delta', { type: 'Decimal' }),
    spentByPurpose: t.expose('spentByPurpose', {
      type: 'JSON',
      description: "Shares of the budget at the filter's order, by purpose.",
    }),
    lossShareSpent: t.exposeFloat('lossShareSpent', {
      description: 'Of all purposes, 0 to 1. Unlike epsilons, shares add up.',
    }),
    headHash: t.exposeString('headHash', {
      description: "Of the chain's newest entry: publish it, and nobody can rewrite what is before it unnoticed.",
    }),
  }),
});

export type BudgetExhaustedShape = ErrorShape &
  Typed<'BudgetExhausted'> & {
    readonly cohorts: readonly PrivacyBudgetShape[];
    readonly requestedEpsilon: string;
  };

export const BudgetExhausted = builder.objectRef<BudgetExhaustedShape>('BudgetExhausted').implement({
  description: 'No cohort can pay, or one cannot and all were asked for. Nothing was read and nothing charged.',
  interfaces: [ErrorInterface],
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'BudgetExhausted',
  fields: (t) => ({
    cohorts: t.field({ type: [PrivacyBudget], resolve: ({ cohorts }) => [...cohorts] }),
    requestedEpsilon: t.expose('requestedEpsilon', { type: 'Decimal' }),
  }),
});

/** The refusal of the ledger as a result of a mutation. */
export function budgetExhausted(refusal: {
  readonly cohorts: readonly PrivacyBudgetShape[];
  readonly requestedEpsilon: string;
}): BudgetExhaustedShape {
  return {
    __typename: 'BudgetExhausted',
    code: 'BUDGET_EXHAUSTED',
    message: 'the privacy budget cannot pay for this',
    cohorts: refusal.cohorts,
    requestedEpsilon: refusal.requestedEpsilon,
  };
}
