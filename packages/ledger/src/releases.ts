import { randomUUID } from 'node:crypto';
import { type Database, isUuid, type Transaction } from '@sotto/database';
import { canonicalJson } from './canonical.ts';
import { LedgerError } from './errors.ts';
import { checkFirst } from './pages.ts';
import { RESERVATION_COLUMNS } from './reservations.ts';
import type { PageRequest, Queryable, Release, ReleaseAnswer, ReleaseRow, Reservation } from './types.ts';

interface ReleaseColumns extends Reservation {
  readonly answer: Readonly<Record<string, unknown>>;
  readonly rows: readonly ReleaseRow[];
  readonly releasedAt: Date;
}

const SELECT_RELEASES = `
  SELECT ${RESERVATION_COLUMNS}, release.answer, release.rows, release.released_at AS "releasedAt"
  FROM release JOIN reservation USING (id)`;

/**
 * Stores the answer of a STARTED reservation, once.
 * @throws LedgerError CONFLICT when it is not STARTED, BAD_INPUT when the answer is no JSON
 */
export async function completeRelease(
  tx: Transaction,
  reservationId: string,
  { answer, rows }: ReleaseAnswer,
  now: Date,
): Promise<Release> {
  const stored = isUuid(reservationId)
    ? await tx.query<Reservation>({
        name: 'complete-release',
        text: `WITH reservation AS (
                 UPDATE reservation SET status = 'RELEASED', released_at = $2
                 WHERE id = $1 AND status = 'STARTED' RETURNING *
               ), stored AS (
                 INSERT INTO release (id, answer, rows, released_at) SELECT id, $3, $4, $2 FROM reservation
               )
               SELECT ${RESERVATION_COLUMNS} FROM reservation`,
        values: [reservationId, now.toISOString(), canonicalJson('answer', answer), canonicalJson('rows', rows)],
      })
    : { rows: [] };
  const [reservation] = stored.rows;
  if (!reservation)
    throw new LedgerError('CONFLICT', 'there is no such reservation that is started and has no answer', {
      parameter: 'reservation',
    });
  return mapRelease({ ...reservation, answer, rows, releasedAt: now }, false);
}

export async function findRelease({ pool }: Pick<Database, 'pool'>, id: string): Promise<Release | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await pool.query<ReleaseColumns>(`${SELECT_RELEASES} WHERE release.id = $1`, [id]);
  return rows[0] && mapRelease(rows[0], false);
}

/** Answers from a stored release, and keeps a note that it did. */
export async function replayRelease(tx: Queryable, id: string, askedBy: string, at: Date): Promise<Release> {
  const { rows } = await tx.query<ReleaseColumns>({
    name: 'replay-release',
    text: `WITH replayed AS (INSERT INTO replay (id, release_id, asked_by, at) VALUES ($2, $1, $3, $4))
           ${SELECT_RELEASES} WHERE release.id = $1`,
    values: [id, randomUUID(), askedBy, at.toISOString()],
  });
  return mapRelease(rows[0]!, true);
}

/**
 * Newest first.
 * @returns undefined when `after` names no release
 */
export async function listReleases(
  { pool }: Pick<Database, 'pool'>,
  { first, after }: PageRequest,
): Promise<{ readonly releases: readonly Release[]; readonly hasNextPage: boolean } | undefined> {
  const limit = checkFirst(first);
  const cursor = after === undefined ? undefined : await findRelease({ pool }, after);
  if (after !== undefined && !cursor) return undefined;
  const { rows } = await pool.query<ReleaseColumns>(
    `${SELECT_RELEASES} WHERE $2::timestamptz IS NULL OR (release.released_at, release.id) < ($2, $3::uuid)
     ORDER BY release.released_at DESC, release.id DESC LIMIT $1`,
    [limit + 1, cursor?.releasedAt.toISOString() ?? null, cursor?.id ?? null],
  );
  return { releases: rows.slice(0, limit).map((row) => mapRelease(row, false)), hasNextPage: rows.length > limit };
}

function mapRelease(row: ReleaseColumns, isReplay: boolean): Release {
  const { status: _, reservedAt: __, event: ___, ...release } = row;
  return { ...release, isReplay };
}
