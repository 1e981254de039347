import type { FilterCost, RenyiFilter } from '@sotto/privacy';
import type { CohortOpening } from './chain.ts';
import type { Queryable } from './types.ts';

/** A cohort's account with its filter, as integers. */
export interface CohortAccount extends CohortOpening {
  readonly spent: FilterCost;
  readonly entryCount: number;
  readonly headHash: Buffer;
}

interface AccountRow {
  cohort: string;
  epsilonLimit: string;
  delta: string;
  order: number;
  capUnits: string;
  deltaCapUnits: string;
  spentUnits: string;
  spentDeltaUnits: string;
  entryCount: number;
  headHash: Buffer;
  openedAt: Date;
}

const SELECT_ACCOUNTS = `
  SELECT cohort::text AS cohort, trim_scale(epsilon_limit)::text AS "epsilonLimit", trim_scale(delta)::text AS delta,
    filter_order AS "order", cap_units::text AS "capUnits", delta_cap_units::text AS "deltaCapUnits",
    spent_units::text AS "spentUnits", spent_delta_units::text AS "spentDeltaUnits", entry_count AS "entryCount",
    head_hash AS "headHash", opened_at AS "openedAt"
  FROM privacy_cohort`;

/** Ascending. @param cohorts all when absent */
export async function readAccounts(from: Queryable, cohorts?: readonly string[]): Promise<CohortAccount[]> {
  const { rows } = await from.query<AccountRow>({
    name: 'read-privacy-cohorts',
    text: `${SELECT_ACCOUNTS} WHERE $1::text[] IS NULL OR cohort = ANY($1::char(7)[]) ORDER BY cohort`,
    values: [cohorts ?? null],
  });
  return rows.map(mapAccount);
}

/** Locked in ascending order, so that two who lock several never wait for each other in a circle. */
export async function lockAccounts(from: Queryable, cohorts: readonly string[]): Promise<CohortAccount[]> {
  const { rows } = await from.query<AccountRow>({
    name: 'lock-privacy-cohorts',
    text: `${SELECT_ACCOUNTS} WHERE cohort = ANY($1::char(7)[]) ORDER BY cohort FOR NO KEY UPDATE`,
    values: [cohorts],
  });
  return rows.map(mapAccount);
}

function mapAccount(row: AccountRow): CohortAccount {
  const filter: RenyiFilter = {
    order: row.order,
    capUnits: BigInt(row.capUnits),
    deltaCapUnits: BigInt(row.deltaCapUnits),
  };
  const { cohort, epsilonLimit, delta, entryCount, headHash, openedAt } = row;
  const spent = { lossUnits: BigInt(row.spentUnits), deltaUnits: BigInt(row.spentDeltaUnits) };
  return { cohort, epsilonLimit, delta, filter, spent, entryCount, headHash, openedAt };
}
