import { type Database, inTransaction, type Transaction } from '@sotto/database';
import { type FilterCost, openRenyiFilter, PrivacyParameterError } from '@sotto/privacy';
import { type CohortAccount, readAccounts } from './accounts.ts';
import { addCost } from './admission.ts';
import { canonicalJson } from './canonical.ts';
import { hashEntry, hashOpening } from './chain.ts';
import { LedgerError } from './errors.ts';
import { priceStoredEvent } from './request.ts';
import type { LedgerVerification } from './types.ts';
import { findBrokenReservation } from './verify-reservations.ts';

type Broken = NonNullable<LedgerVerification['firstBroken']>;

const ENTRIES_PER_BATCH = 1_000;
const MAX_KEPT_PRICES = 10_000;

/**
 * Recomputes the whole ledger from its rows, on one snapshot, in batches: every budget as it was opened, every chain
 * without gaps and with its sums, prices and hashes, every head; every reservation with its content, exactly one entry
 * in each cohort that it names, and its answer if it is released.
 */
export async function verifyLedger(database: Pick<Database, 'pool'>): Promise<LedgerVerification> {
  return inTransaction(database, async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const { rows } = await tx.query<{ entries: string }>('SELECT count(*)::text AS entries FROM ledger_entry');
    const firstBroken =
      (await findBrokenChain(tx)) ?? (await findStrayEntry(tx)) ?? (await findBrokenReservation(tx)) ?? null;
    return { entries: Number(rows[0]!.entries), valid: firstBroken === null, firstBroken };
  });
}

async function findBrokenChain(tx: Transaction): Promise<Broken | undefined> {
  const prices = new Map<string, FilterCost>();
  for (const account of await readAccounts(tx)) {
    const broken = checkOpening(account) ?? (await walkChain(tx, account, prices));
    if (broken) return broken;
  }
  return undefined;
}

function checkOpening(account: CohortAccount): Broken | undefined {
  return isCapOfBudget(account)
    ? undefined
    : { cohort: account.cohort, sequence: null, what: 'the cap is not that of the budget' };
}

/** Whether the filter is what (epsilon, delta) and the order make it. */
function isCapOfBudget({ epsilonLimit, delta, filter }: CohortAccount): boolean {
  try {
    const { capUnits, deltaCapUnits } = openRenyiFilter({ epsilon: epsilonLimit, delta, order: filter.order });
    return capUnits === filter.capUnits && deltaCapUnits === filter.deltaCapUnits;
  } catch (error) {
    if (error instanceof PrivacyParameterError) return false; // no budget could have opened so
    throw error;
  }
}

interface EntryRow {
  readonly sequence: number;
  readonly id: string;
  readonly reservationId: string;
  readonly at: Date;
  readonly lossUnits: string;
  readonly deltaUnits: string;
  readonly cumulativeUnits: string;
  readonly cumulativeDeltaUnits: string;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
  /** Null with all that follows when there is no such reservation. */
  readonly reservedAt: Date | null;
  readonly event: unknown;
  readonly contentHash: Buffer;
}

/** Where a chain stands after the entries read so far. */
interface ChainState {
  readonly sequence: number;
  readonly spent: FilterCost;
  readonly hash: Buffer;
  readonly at: Date | null;
}

async function walkChain(
  tx: Transaction,
  account: CohortAccount,
  prices: Map<string, FilterCost>,
): Promise<Broken | undefined> {
  const { cohort } = account;
  let state: ChainState = {
    sequence: 0,
    spent: { lossUnits: 0n, deltaUnits: 0n },
    hash: hashOpening(account),
    at: null,
  };
  for (let isLast = false; !isLast; ) {
    const { rows } = await tx.query<EntryRow>({
      name: 'read-chain',
      text: READ_CHAIN,
      values: [cohort, state.sequence, ENTRIES_PER_BATCH],
    });
    for (const entry of rows) {
      const cost = { lossUnits: BigInt(entry.lossUnits), deltaUnits: BigInt(entry.deltaUnits) };
      const what = checkEntry(account, state, entry, cost, prices);
      if (what !== undefined) return { cohort, sequence: entry.sequence, what };
      state = { sequence: entry.sequence, spent: addCost(state.spent, cost), hash: entry.hash, at: entry.at };
    }
    isLast = rows.length < ENTRIES_PER_BATCH;
  }
  const what = checkHead(account, state);
  return what === undefined ? undefined : { cohort, sequence: state.sequence === 0 ? null : state.sequence, what };
}

const READ_CHAIN = `
  SELECT sequence, entry.id, reservation_id AS "reservationId", at, loss_units::text AS "lossUnits",
    delta_units::text AS "deltaUnits", cumulative_units::text AS "cumulativeUnits",
    cumulative_delta_units::text AS "cumulativeDeltaUnits", previous_hash AS "previousHash", hash,
    reservation.reserved_at AS "reservedAt", reservation.event, reservation.content_hash AS "contentHash"
  FROM ledger_entry entry LEFT JOIN reservation ON reservation.id = reservation_id
  WHERE cohort = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`;

function checkEntry(
  { cohort, filter }: CohortAccount,
  state: ChainState,
  entry: EntryRow,
  cost: FilterCost,
  prices: Map<string, FilterCost>,
): string | undefined {
  const cumulative = addCost(state.spent, cost);
  if (entry.sequence !== state.sequence + 1) return 'the entry before it is missing';
  if (entry.reservedAt === null) return 'its reservation is missing';
  if (!entry.previousHash.equals(state.hash)) return 'it does not follow the entry before it';
  if (!isPriceOf(entry.event, filter.order, cost, prices)) return 'the charge is not the price of its event';
  if (BigInt(entry.cumulativeUnits) !== cumulative.lossUnits) return 'the sum is wrong';
  if (BigInt(entry.cumulativeDeltaUnits) !== cumulative.deltaUnits) return 'the sum of deltas is wrong';
  if (cumulative.lossUnits > filter.capUnits || cumulative.deltaUnits > filter.deltaCapUnits)
    return 'the budget is overspent';
  if (entry.at.getTime() !== entry.reservedAt.getTime()) return 'its time is not that of its reservation';
  if (state.at !== null && entry.at < state.at) return 'it is older than the entry before it';
  const hash = hashEntry({ ...entry, cohort, cost, cumulative });
  return hash.equals(entry.hash) ? undefined : 'the hash does not fit its columns';
}

function isPriceOf(event: unknown, order: number, cost: FilterCost, prices: Map<string, FilterCost>): boolean {
  try {
    const key = `${order} ${canonicalJson('event', event)}`;
    const price = prices.get(key) ?? priceStoredEvent(event, order);
    if (prices.size < MAX_KEPT_PRICES) prices.set(key, price);
    return price.lossUnits === cost.lossUnits && price.deltaUnits === cost.deltaUnits;
  } catch (error) {
    if (error instanceof LedgerError) return false; // it is no event any more
    throw error;
  }
}

function checkHead({ spent, entryCount, headHash }: CohortAccount, state: ChainState): string | undefined {
  if (entryCount !== state.sequence) return 'the newest entries are missing';
  if (!headHash.equals(state.hash)) return 'the head is not the hash of the newest entry';
  if (spent.lossUnits !== state.spent.lossUnits || spent.deltaUnits !== state.spent.deltaUnits)
    return 'what is spent is not the sum of the entries';
  return undefined;
}

async function findStrayEntry(tx: Transaction): Promise<Broken | undefined> {
  const { rows } = await tx.query<{ cohort: string; sequence: number }>(
    `SELECT cohort::text AS cohort, sequence FROM ledger_entry entry
     WHERE NOT EXISTS (SELECT FROM privacy_cohort account WHERE account.cohort = entry.cohort)
     ORDER BY cohort, sequence LIMIT 1`,
  );
  return rows[0] && { ...rows[0], what: 'its cohort is missing' };
}
