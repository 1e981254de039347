import { type Database, listModelVersions } from '@sotto/database';
import { listBudgets } from '@sotto/ledger';

/** What the served model promises, and what is left of the budget, in a line for a person; none where none is served. */
export async function describePrivacy(database: Database): Promise<string | undefined> {
  const newest = await listModelVersions(database, { first: 100 });
  const active = newest?.versions.find(({ status }) => status === 'ACTIVE');
  if (!active) return undefined;
  if (active.privacyLevel === 'NONE') return `${active.algorithm}, without privacy`;
  const budgets = await listBudgets(database);
  // The cohort that has spent most: shares add up, epsilons do not.
  const [tightest] = budgets.toSorted((left, right) => right.lossShareSpent - left.lossShareSpent);
  const promise = `${active.algorithm}, epsilon ${active.epsilon} at delta ${active.delta}`;
  if (!tightest) return promise;
  const left = Math.floor(100 * (1 - tightest.lossShareSpent));
  return `${promise}; ${left} % of the budget of epsilon ${tightest.epsilonLimit} is left, and it is never refilled`;
}
