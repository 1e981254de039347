import { type Database, inTransaction } from '@sotto/database';
import { readAccounts } from './accounts.ts';
import { addCost, countPayments, priceAccounts } from './admission.ts';
import { describeAccount, openWindow, readPurposeUnits } from './cohorts.ts';
import { checkRequest } from './request.ts';
import { replayKeyOf } from './reserve.ts';
import { readLedgerState } from './twins.ts';
import type { ReleasePrice, ReleaseRequest } from './types.ts';
import { readCalendar } from './window.ts';

/**
 * What asking would cost and leave, from parameters and the ledger alone. Charges nothing, reads no customer's row.
 * @throws LedgerError BAD_INPUT naming the parameter
 */
export async function priceRelease(
  database: Pick<Database, 'pool'>,
  request: ReleaseRequest,
  now: Date,
): Promise<ReleasePrice> {
  const checked = checkRequest(request);
  return inTransaction(database, async (tx) => {
    const window = await openWindow(tx, await readCalendar(tx, now), now);
    const priced = priceAccounts(await readAccounts(tx, window.cohorts), checked.event);
    const { twin } = await readLedgerState(tx, replayKeyOf(checked, window, null), checked, now);
    const wouldBeReplayed = twin?.status === 'RELEASED' && !checked.isFresh;
    const purposeUnits = await readPurposeUnits(
      tx,
      priced.map(({ account }) => account),
    );
    const isAffordable = checked.requireAllCohorts ? priced.every(({ canPay }) => canPay) : true;
    const cohorts = priced.map(({ account, cost, canPay }) => {
      const units = new Map(purposeUnits.get(account.cohort));
      if (wouldBeReplayed || !canPay || !isAffordable) return describeAccount(account, units);
      units.set(checked.purpose, (units.get(checked.purpose) ?? 0n) + cost.lossUnits);
      return describeAccount({ ...account, spent: addCost(account.spent, cost) }, units);
    });
    const payments = priced.map(countPayments);
    return {
      epsilon: checked.epsilon,
      delta: checked.delta,
      questionsLeft: checked.requireAllCohorts ? Math.min(...payments) : Math.max(...payments),
      cohorts,
      excludedCohorts: priced.filter(({ canPay }) => !canPay).map(({ account }) => account.cohort),
      wouldBeReplayed,
    };
  });
}
