import { type Database, readSetting, type Transaction } from '@sotto/database';
import { type FilterCost, openRenyiFilter, spentEpsilon } from '@sotto/privacy';
import { type CohortAccount, readAccounts } from './accounts.ts';
import { hashOpening } from './chain.ts';
import { ceilShare, ceilToDecimal, formatDecimal, parseDecimal } from './decimals.ts';
import { budgetPolicy } from './policy.ts';
import { BUDGET_PURPOSES, type BudgetPurpose, type PrivacyBudget, type Queryable } from './types.ts';
import { type Calendar, listMonths, monthOf, type ReleaseWindow, readCalendar, windowOf } from './window.ts';

/**
 * Opens the budget of every calendar month (UTC) up to that of `through`, empty ones too: from January of the year of
 * the earliest account, so that of an import no more than a year shows. What is open stays as it is. May run twice and
 * side by side.
 */
export async function openCohorts(tx: Transaction, { through }: { readonly through: Date }): Promise<void> {
  await openMissing(tx, await readCalendar(tx, through), through);
}

/** The window that a question asked now is about, its cohorts opened as by `openCohorts`. */
export async function openWindow(tx: Transaction, calendar: Calendar, now: Date): Promise<ReleaseWindow> {
  const opened = await openMissing(tx, calendar, now);
  return windowOf({ ...calendar, opened }, now);
}

/** @returns all open cohorts, ascending */
async function openMissing(tx: Transaction, calendar: Calendar, through: Date): Promise<readonly string[]> {
  const last = monthOf(through);
  const first = [calendar.opened[0], januaryOf(calendar.earliest ?? last)]
    .filter((month) => month !== undefined)
    .sort();
  const opened = new Set(calendar.opened);
  const missing = listMonths(first[0]!, last).filter((month) => !opened.has(month));
  if (missing.length === 0) return calendar.opened;
  const policy = (await readSetting(tx, budgetPolicy)) ?? budgetPolicy.schema.parse({});
  const epsilonLimit = formatDecimal(parseDecimal('epsilon', policy.epsilon));
  const delta = formatDecimal(parseDecimal('delta', policy.delta));
  const filter = openRenyiFilter({ epsilon: epsilonLimit, delta });
  const hashes = missing.map((cohort) => hashOpening({ cohort, epsilonLimit, delta, filter, openedAt: through }));
  await tx.query(
    `INSERT INTO privacy_cohort
       (cohort, epsilon_limit, delta, filter_order, cap_units, delta_cap_units, head_hash, opened_at)
     SELECT cohort, $3, $4, $5, $6, $7, hash, $8 FROM unnest($1::char(7)[], $2::bytea[]) AS given (cohort, hash)
     ORDER BY cohort ON CONFLICT (cohort) DO NOTHING`,
    [
      missing,
      hashes,
      epsilonLimit,
      delta,
      filter.order,
      filter.capUnits.toString(),
      filter.deltaCapUnits.toString(),
      through.toISOString(),
    ],
  );
  return [...calendar.opened, ...missing].sort();
}

function januaryOf(month: string): string {
  return `${month.slice(0, 4)}-01`;
}

/** Ascending by cohort. @param options.cohorts all that are open when absent */
export async function listBudgets(
  { pool }: Pick<Database, 'pool'>,
  options: { readonly cohorts?: readonly string[] } = {},
): Promise<PrivacyBudget[]> {
  return describeAccounts(pool, await readAccounts(pool, options.cohorts));
}

/** What a purpose took of a cohort, in units of its filter. */
export type PurposeUnits = ReadonlyMap<string, ReadonlyMap<BudgetPurpose, bigint>>;

export async function describeAccounts(from: Queryable, accounts: readonly CohortAccount[]): Promise<PrivacyBudget[]> {
  const purposes = await readPurposeUnits(from, accounts);
  return accounts.map((account) => describeAccount(account, purposes.get(account.cohort) ?? new Map()));
}

export async function readPurposeUnits(from: Queryable, accounts: readonly CohortAccount[]): Promise<PurposeUnits> {
  const { rows } = await from.query<{ cohort: string; purpose: BudgetPurpose; units: string }>(
    `SELECT cohort::text AS cohort, purpose::text AS purpose, sum(loss_units)::text AS units
     FROM ledger_entry JOIN reservation ON reservation.id = reservation_id
     WHERE cohort = ANY($1::char(7)[]) GROUP BY cohort, purpose`,
    [accounts.map(({ cohort }) => cohort)],
  );
  const units = new Map<string, Map<BudgetPurpose, bigint>>();
  for (const row of rows) {
    const ofCohort = units.get(row.cohort) ?? new Map<BudgetPurpose, bigint>();
    units.set(row.cohort, ofCohort.set(row.purpose, BigInt(row.units)));
  }
  return units;
}

export function describeAccount(
  account: CohortAccount,
  purposeUnits: ReadonlyMap<BudgetPurpose, bigint>,
): PrivacyBudget {
  const { cohort, epsilonLimit, delta, filter, spent, entryCount, openedAt } = account;
  const limit = parseDecimal('epsilonLimit', epsilonLimit);
  const epsilonSpent = cumulativeEpsilon(account, spent);
  const share = (purpose: BudgetPurpose) => formatDecimal(ceilShare(purposeUnits.get(purpose) ?? 0n, filter.capUnits));
  return {
    cohort,
    epsilonLimit,
    epsilonSpent: formatDecimal(epsilonSpent),
    epsilonRemaining: formatDecimal(limit - epsilonSpent),
    delta,
    lossShareSpent: Number(spent.lossUnits) / Number(filter.capUnits),
    spentByPurpose: Object.fromEntries(BUDGET_PURPOSES.map((purpose) => [purpose, share(purpose)])) as Record<
      BudgetPurpose,
      string
    >,
    filterOrder: filter.order,
    entryCount,
    headHash: account.headHash.toString('hex'),
    openedAt,
  };
}

/**
 * What the granted costs amount to, in units of 10^-12, rounded up. Costs within the cap amount to the limit at most, which
 * is what the cap was made from: only the rounding could pass it.
 */
export function cumulativeEpsilon(
  { epsilonLimit, filter }: Pick<CohortAccount, 'epsilonLimit' | 'filter'>,
  spent: FilterCost,
): bigint {
  const limit = parseDecimal('epsilonLimit', epsilonLimit);
  const rounded = ceilToDecimal(spentEpsilon({ filter, spent }));
  return spent.lossUnits <= filter.capUnits && rounded > limit ? limit : rounded;
}
