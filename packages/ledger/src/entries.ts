import { type Database, isUuid } from '@sotto/database';
import { cumulativeEpsilon } from './cohorts.ts';
import { formatDecimal } from './decimals.ts';
import { checkFirst } from './pages.ts';
import type { LedgerEntry, LedgerFilter, PageRequest } from './types.ts';

interface EntryRow extends Omit<LedgerEntry, 'epsilon' | 'cumulativeEpsilon'> {
  readonly lossUnits: string;
  readonly cumulativeUnits: string;
  readonly epsilonLimit: string;
  readonly order: number;
  readonly capUnits: string;
  readonly deltaCapUnits: string;
}

const SELECT_ENTRIES = `
  SELECT entry.id, entry.at, entry.cohort::text AS cohort, entry.sequence, reservation.purpose::text AS purpose,
    reservation.asked_by AS "askedBy", reservation.kind, reservation.question, reservation.mechanism,
    reservation.event, CASE WHEN reservation.status = 'RELEASED' THEN reservation.id END AS "releaseId",
    entry.reservation_id AS "reservationId", encode(entry.hash, 'hex') AS hash,
    encode(entry.previous_hash, 'hex') AS "previousHash", entry.loss_units::text AS "lossUnits",
    entry.cumulative_units::text AS "cumulativeUnits",
    trim_scale(account.epsilon_limit)::text AS "epsilonLimit", account.filter_order AS "order",
    account.cap_units::text AS "capUnits", account.delta_cap_units::text AS "deltaCapUnits"
  FROM ledger_entry entry
  JOIN reservation ON reservation.id = entry.reservation_id
  JOIN privacy_cohort account ON account.cohort = entry.cohort`;

export async function findEntry({ pool }: Pick<Database, 'pool'>, id: string): Promise<LedgerEntry | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await pool.query<EntryRow>(`${SELECT_ENTRIES} WHERE entry.id = $1`, [id]);
  return rows[0] && mapEntry(rows[0]);
}

/**
 * Newest first; the entries of one reservation by cohort, the latest first.
 * @returns undefined when `after` names no entry
 */
export async function listEntries(
  { pool }: Pick<Database, 'pool'>,
  { first, after, filter = {} }: PageRequest & { readonly filter?: LedgerFilter | undefined },
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly hasNextPage: boolean } | undefined> {
  const limit = checkFirst(first);
  const cursor = after === undefined ? undefined : await findEntry({ pool }, after);
  if (after !== undefined && !cursor) return undefined;
  const { rows } = await pool.query<EntryRow>(
    `${SELECT_ENTRIES}
     WHERE ($2::timestamptz IS NULL OR (entry.at, entry.cohort, entry.sequence) < ($2, $3::char(7), $4::int))
       AND ($5::text IS NULL OR entry.cohort = $5::char(7))
       AND ($6::budget_purpose IS NULL OR reservation.purpose = $6)
       AND ($7::text IS NULL OR reservation.asked_by = $7)
       AND ($8::timestamptz IS NULL OR entry.at >= $8) AND ($9::timestamptz IS NULL OR entry.at < $9)
     ORDER BY entry.at DESC, entry.cohort DESC, entry.sequence DESC LIMIT $1`,
    [
      limit + 1,
      cursor?.at.toISOString() ?? null,
      cursor?.cohort ?? null,
      cursor?.sequence ?? null,
      filter.cohort ?? null,
      filter.purpose ?? null,
      filter.askedBy ?? null,
      filter.since?.toISOString() ?? null,
      filter.until?.toISOString() ?? null,
    ],
  );
  return { entries: rows.slice(0, limit).map(mapEntry), hasNextPage: rows.length > limit };
}

function mapEntry(row: EntryRow): LedgerEntry {
  const { lossUnits, cumulativeUnits, epsilonLimit, order, capUnits, deltaCapUnits, ...entry } = row;
  const account = {
    epsilonLimit,
    filter: { order, capUnits: BigInt(capUnits), deltaCapUnits: BigInt(deltaCapUnits) },
  };
  const after = BigInt(cumulativeUnits);
  const epsilonAfter = cumulativeEpsilon(account, { lossUnits: after, deltaUnits: 0n });
  const epsilonBefore = cumulativeEpsilon(account, { lossUnits: after - BigInt(lossUnits), deltaUnits: 0n });
  return {
    ...entry,
    epsilon: formatDecimal(epsilonAfter - epsilonBefore),
    cumulativeEpsilon: formatDecimal(epsilonAfter),
  };
}
