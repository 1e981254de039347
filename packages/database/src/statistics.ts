import type { Database } from './client.ts';
import { ArtifactError, type ChunkTable, MAX_STORED_BYTES, readChunks, writeChunks } from './stored-bytes.ts';
import type { Transaction } from './transaction.ts';

const CHUNKS: ChunkTable = { name: 'statistic_chunk', owner: 'release_id' };
/** The newest so many are kept: with drift the older ones weigh little, and what is stored stays bounded. */
const KEPT_STATISTICS = 12;
/** And of these as many as take so much together: four of the largest. A training holds them all in memory. */
const KEPT_BYTES = 768 * 1024 * 1024;
/** How long a released statistic may be learned from: until then somebody who left is still in later models' noise. */
const RETENTION_DAYS = 365;

/** A released co-occurrence statistic, without its bytes. */
export interface StoredStatistic {
  readonly releaseId: string;
  readonly byteCount: number;
  readonly releasedAt: Date;
  /** Until then it may be post-processed. */
  readonly retireBy: Date;
}

/**
 * Stores the bytes of a release in rows of at most 4 MiB, each with its SHA-256.
 * @param releaseId of the release that the same transaction completes
 * @throws ArtifactError when it is empty or over 256 MB
 */
export async function writeStatistic(tx: Transaction, releaseId: string, bytes: Uint8Array, now: Date): Promise<void> {
  if (bytes.length === 0) throw new ArtifactError('The statistic is empty: there is nothing to store.');
  if (bytes.length > MAX_STORED_BYTES)
    throw new ArtifactError(
      `The statistic takes more than the ${MAX_STORED_BYTES / 2 ** 20} MB that can be stored: the catalogue is too large.`,
    );
  const { byteCount, sha256 } = await writeChunks(tx, CHUNKS, releaseId, bytes);
  await tx.query(
    `INSERT INTO statistic (release_id, byte_count, sha256, retire_by)
     VALUES ($1, $2, $3, $4::timestamptz + $5 * interval '1 day')`,
    [releaseId, byteCount, sha256, now, RETENTION_DAYS],
  );
}

/** Lets go of those past their time, and of the oldest when there are too many. */
export async function dropOldStatistics(tx: Transaction, now: Date): Promise<void> {
  const { rows } = await tx.query(
    `DELETE FROM statistic WHERE retire_by <= $1 OR release_id IN (
       SELECT release_id FROM (
         SELECT s.release_id, row_number() OVER newest AS place, sum(s.byte_count) OVER newest AS bytes
         FROM statistic s JOIN release r ON r.id = s.release_id WINDOW newest AS (ORDER BY r.released_at DESC, r.id DESC)
       ) listed WHERE place > $2 OR place > 1 AND bytes > $3
     ) RETURNING release_id AS id`,
    [now, KEPT_STATISTICS, KEPT_BYTES],
  );
  await tx.query('DELETE FROM statistic_chunk WHERE release_id = ANY($1::uuid[])', [rows.map(({ id }) => id)]);
}

/** Those that may still be learned from, oldest first. */
export async function listStatistics(
  from: Pick<Database, 'pool'> | Transaction,
  now: Date,
): Promise<readonly StoredStatistic[]> {
  const { rows } = await ('pool' in from ? from.pool : from).query(
    `SELECT s.release_id AS "releaseId", s.byte_count::int AS "byteCount", r.released_at AS "releasedAt",
            s.retire_by AS "retireBy"
     FROM statistic s JOIN release r ON r.id = s.release_id
     WHERE s.retire_by > $1 ORDER BY r.released_at, r.id`,
    [now],
  );
  return rows;
}

/**
 * Reads a statistic into shared memory, from where a training thread reads it in place.
 * @throws ArtifactError when it is gone, a row is missing, or any byte changed since it was written
 */
export async function readStatistic(
  database: Pick<Database, 'pool'>,
  releaseId: string,
): Promise<Uint8Array<SharedArrayBuffer>> {
  const whose = `The statistic of release ${releaseId}`;
  const { rows } = await database.pool.query(
    'SELECT byte_count::int AS length, sha256 AS hash FROM statistic WHERE release_id = $1',
    [releaseId],
  );
  if (rows.length === 0) throw new ArtifactError(`${whose} is not stored.`);
  const target = new Uint8Array(new SharedArrayBuffer(rows[0].length));
  await readChunks(database, CHUNKS, releaseId, { target, sha256: rows[0].hash, whose });
  return target;
}
