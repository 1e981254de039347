import type { Transaction } from '@sotto/database';
import type { Rejection } from './row.ts';
import type { StagedOrigin } from './staging.ts';

const FETCH_SIZE = 5_000;

/** A purchase or a return of one customer and one product. */
export interface NettableRow {
  readonly position: number;
  readonly kind: 'interaction' | 'return';
  readonly quantity: number;
}

export interface NettedRow {
  readonly position: number;
  /** What is left of a purchase; 0 when all of it was returned, and for a return. */
  readonly quantity: number;
}

export interface RejectedReturn {
  readonly position: number;
  readonly rejection: Omit<Rejection, 'kind'>;
}

export interface Netting {
  readonly changed: readonly NettedRow[];
  readonly rejected: readonly RejectedReturn[];
}

/**
 * Nets the returns of one customer and one product: a return takes its units back from the latest purchases before it
 * that have any left. One that no purchase precedes is rejected; one larger than what is left takes that and is
 * rejected too, since part of it stays unexplained.
 * @param rows in time order
 */
export function netReturns(rows: readonly NettableRow[]): Netting {
  const open: { position: number; left: number }[] = [];
  const touched = new Map<number, number>();
  const changed: NettedRow[] = [];
  const rejected: RejectedReturn[] = [];
  for (const row of rows) {
    if (row.kind === 'interaction') {
      open.push({ position: row.position, left: row.quantity });
      continue;
    }
    let owed = row.quantity;
    const hadPurchase = open.length > 0;
    while (owed > 0 && open.length > 0) {
      const purchase = open.at(-1)!;
      const taken = Math.min(owed, purchase.left);
      purchase.left -= taken;
      owed -= taken;
      touched.set(purchase.position, purchase.left);
      if (purchase.left === 0) open.pop();
    }
    if (owed === 0) changed.push({ position: row.position, quantity: 0 });
    else {
      const reason = hadPurchase
        ? 'a return of more than was bought before it'
        : 'a return without a purchase before it';
      rejected.push({
        position: row.position,
        rejection: { reason, column: 'Quantity', value: String(-row.quantity) },
      });
    }
  }
  for (const [position, quantity] of touched) changed.push({ position, quantity });
  return { changed, rejected };
}

/**
 * Nets all staged returns, pair by pair of customer and product, into a temporary table import_netting(position,
 * quantity). Reads only pairs that have a return, through a cursor, so memory does not grow with the file.
 */
export async function netStagedReturns(
  tx: Transaction,
  onRejected: (row: StagedOrigin, rejection: RejectedReturn['rejection']) => Promise<void> | undefined,
): Promise<{ returns: number; purchases: number }> {
  await tx.query('CREATE TEMPORARY TABLE import_netting ("position" int8 PRIMARY KEY, quantity int4) ON COMMIT DROP');
  await tx.query(`
    DECLARE import_pairs NO SCROLL CURSOR FOR
    SELECT (customer, sku)::text AS pair, r."position"::float8 AS position, kind, quantity, file, line, sku,
      CASE kind WHEN 'return' THEN source_text END AS source_text
    FROM import_row r
    JOIN (SELECT DISTINCT customer, sku FROM import_row WHERE kind = 'return') returned USING (customer, sku)
    WHERE kind IN ('interaction', 'return')
    ORDER BY customer, sku, occurred_at, r.position`);
  const totals = { return: 0, interaction: 0 };
  let pair = '';
  let rows: StagedPairRow[] = [];
  let isLast = false;
  while (!isLast) {
    const fetched = await tx.query<StagedPairRow>(`FETCH ${FETCH_SIZE} FROM import_pairs`);
    isLast = fetched.rows.length < FETCH_SIZE;
    const changed: NettedRow[] = [];
    const net = async () => {
      const netting = netReturns(rows);
      const byPosition = new Map(rows.map((row) => [row.position, row]));
      for (const { position, quantity } of netting.changed)
        if (quantity === 0) totals[byPosition.get(position)!.kind]++;
      for (const { position, rejection } of netting.rejected) await onRejected(byPosition.get(position)!, rejection);
      changed.push(...netting.changed);
      rows = [];
    };
    for (const row of fetched.rows) {
      if (row.pair !== pair) await net();
      pair = row.pair;
      rows.push(row);
    }
    if (isLast) await net();
    await storeNetting(tx, changed);
  }
  await tx.query('CLOSE import_pairs');
  await tx.query('ANALYZE import_netting');
  return { returns: totals.return, purchases: totals.interaction };
}

interface StagedPairRow extends NettableRow, StagedOrigin {
  readonly position: number;
  readonly pair: string;
}

async function storeNetting(tx: Transaction, changed: readonly NettedRow[]): Promise<void> {
  await tx.query('INSERT INTO import_netting SELECT * FROM unnest($1::int8[], $2::int4[])', [
    changed.map(({ position }) => position),
    changed.map(({ quantity }) => quantity),
  ]);
}
