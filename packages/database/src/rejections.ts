import type { Database } from './client.ts';

export type RejectionSource = 'RECORD_EVENTS' | 'UPSERT_PRODUCTS' | 'IMPORT';

/** Why an input was refused, for whoever integrates a shop. No personal data: never an id of a person. */
export interface Rejection {
  readonly source: RejectionSource;
  readonly code: string;
  readonly message: string;
  readonly sku: string | null;
}

export interface RejectionRow extends Rejection {
  /** Decimal digits of a bigint; later rejections have greater ids. */
  readonly id: string;
  readonly at: Date;
}

/** Older rows go: the table answers "what is wrong now", and a broken client must not fill a disk. */
const KEPT_ROWS = 1000;
/** A sku that a client sent wrong may be anything, an address too: what cannot be an ordinary one is not kept. */
const ORDINARY_SKU = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;

/** Stores rejections in their order and forgets all but the newest 1,000. */
export async function recordRejections(
  { pool }: Pick<Database, 'pool'>,
  rejections: readonly Rejection[],
): Promise<void> {
  if (rejections.length === 0) return;
  const newest = rejections.slice(-KEPT_ROWS);
  await pool.query(
    `INSERT INTO rejection (source, code, message, sku)
     SELECT * FROM unnest($1::rejection_source[], $2::text[], $3::text[], $4::text[])`,
    [
      newest.map(({ source }) => source),
      newest.map(({ code }) => code),
      newest.map(({ message }) => message),
      newest.map(({ sku }) => (sku !== null && ORDINARY_SKU.test(sku) ? sku : null)),
    ],
  );
  await pool.query('DELETE FROM rejection WHERE id <= (SELECT id FROM rejection ORDER BY id DESC OFFSET $1 LIMIT 1)', [
    KEPT_ROWS,
  ]);
}

/** Newest first. @param beforeId only rows older than this one */
export async function listRejections(
  { pool }: Pick<Database, 'pool'>,
  { limit, beforeId }: { readonly limit: number; readonly beforeId?: string | undefined },
): Promise<RejectionRow[]> {
  const { rows } = await pool.query<RejectionRow>(
    `SELECT id::text AS id, at, source::text AS source, code, message, sku FROM rejection
     WHERE $2::bigint IS NULL OR id < $2::bigint ORDER BY id DESC LIMIT $1`,
    [limit, beforeId ?? null],
  );
  return rows;
}
