import { canAdmit, type DpEvent, type FilterCost } from '@sotto/privacy';
import type { CohortAccount } from './accounts.ts';
import { priceRequest } from './request.ts';

/** A cohort and what the release takes from it. */
export interface PricedAccount {
  readonly account: CohortAccount;
  readonly cost: FilterCost;
  readonly canPay: boolean;
}

/**
 * Prices an event at each cohort's own order.
 * @throws LedgerError BAD_INPUT
 */
export function priceAccounts(accounts: readonly CohortAccount[], event: DpEvent): PricedAccount[] {
  const costs = new Map<number, FilterCost>();
  return accounts.map((account) => {
    const { filter, spent } = account;
    const cost = costs.get(filter.order) ?? priceRequest(event, filter.order);
    costs.set(filter.order, cost);
    return { account, cost, canPay: canAdmit({ filter, spent, cost }) };
  });
}

export function addCost(spent: FilterCost, cost: FilterCost): FilterCost {
  return { lossUnits: spent.lossUnits + cost.lossUnits, deltaUnits: spent.deltaUnits + cost.deltaUnits };
}

/** How often a cohort can still pay. */
export function countPayments({ account: { filter, spent }, cost }: PricedAccount): number {
  const times = (room: bigint, price: bigint) => (price === 0n ? Number.MAX_SAFE_INTEGER : Number(room / price));
  return Math.min(
    times(filter.capUnits - spent.lossUnits, cost.lossUnits),
    times(filter.deltaCapUnits - spent.deltaUnits, cost.deltaUnits),
  );
}
