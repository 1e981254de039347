import type { Database } from '@sotto/database';
import { listBudgets, verifyLedger } from '@sotto/ledger';
import type { Answer } from './answer.ts';

/** What a session of questions cost, by the ledger. */
export interface Spending {
  /** The sum of what was asked for. */
  readonly askedEpsilon: string;
  /** Of the cohort that lost most; rounded up. */
  readonly epsilonSpent: string;
  readonly epsilonLimit: string;
  readonly delta: string;
  /** Of the budget at the filter's order, 0..1. */
  readonly lossShare: number;
  readonly isVerified: boolean;
}

export async function readSpending(database: Pick<Database, 'pool'>, answers: readonly Answer[]): Promise<Spending> {
  const budgets = await listBudgets(database);
  const most = budgets.reduce((a, b) => (b.lossShareSpent > a.lossShareSpent ? b : a));
  const asked = answers.reduce((sum, { epsilon }) => sum + Number(epsilon), 0);
  const { valid } = await verifyLedger(database);
  return {
    askedEpsilon: String(Math.round(asked * 1_000) / 1_000),
    epsilonSpent: (Math.ceil(Number(most.epsilonSpent) * 100) / 100).toFixed(2),
    epsilonLimit: most.epsilonLimit,
    delta: most.delta,
    lossShare: most.lossShareSpent,
    isVerified: valid,
  };
}
