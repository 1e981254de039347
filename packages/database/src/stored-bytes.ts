import { createHash } from 'node:crypto';
import type { Database } from './client.ts';
import type { Transaction } from './transaction.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Read at once: what a reader decodes and hashes between two of its other requests, about a millisecond. */
const PIECE_BYTES = 256 * 1024;
/** Larger ones are refused: a gateway holds two artifacts in memory while it swaps, a worker a statistic and its noise. */
export const MAX_STORED_BYTES = 256 * 1024 * 1024;

/** Bytes cannot be stored, or what is stored is not what was written. The message says which and where. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}

/** A table of chunks: (owner, index, bytes, sha256). One huge bytea would not fit a Node string. */
export interface ChunkTable {
  readonly name: 'model_artifact_chunk' | 'statistic_chunk';
  /** The column of whose bytes they are. */
  readonly owner: 'model_version_id' | 'release_id';
}

/** What was noted of the whole when it was written. */
export interface StoredDigest {
  readonly byteCount: number;
  readonly sha256: Buffer;
}

/**
 * Stores bytes in rows of at most 4 MiB, each with its SHA-256, in place of those that the owner had.
 * @returns length and SHA-256 of the whole, for the owner's own row
 */
export async function writeChunks(
  tx: Transaction,
  { name, owner }: ChunkTable,
  ownerId: string,
  bytes: Uint8Array,
): Promise<StoredDigest> {
  await tx.query(`DELETE FROM ${name} WHERE ${owner} = $1`, [ownerId]);
  for (let index = 0; index * CHUNK_BYTES < bytes.length; index++) {
    const chunk = toBuffer(bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
    await tx.query(`INSERT INTO ${name} (${owner}, index, bytes, sha256) VALUES ($1, $2, $3, $4)`, [
      ownerId,
      index,
      chunk,
      sha256(chunk),
    ]);
  }
  return { byteCount: bytes.length, sha256: sha256(bytes) };
}

/**
 * Reads into `target` row by row and checks every one.
 * @param target of the length that was written; half filled when this throws
 * @param whose for messages: "The artifact of model version …"
 * @throws ArtifactError when a row is missing, or any byte changed since it was written
 */
export async function readChunks(
  database: Pick<Database, 'pool'>,
  { name, owner }: ChunkTable,
  ownerId: string,
  { target, sha256: expected, whose }: { readonly target: Uint8Array; readonly sha256: Buffer; readonly whose: string },
): Promise<void> {
  const { length } = target;
  const chunkCount = Math.ceil(length / CHUNK_BYTES);
  const whole = createHash('sha256');
  for (let index = 0; index < chunkCount; index++) {
    const { rows: chunks } = await database.pool.query(
      `SELECT length(bytes) AS length, sha256 FROM ${name} WHERE ${owner} = $1 AND index = $2`,
      [ownerId, index],
    );
    const where = `${whose}: row ${index} of ${chunkCount}`;
    const start = index * CHUNK_BYTES;
    if (chunks.length === 0) throw new ArtifactError(`${where} is missing.`);
    if (chunks[0].length !== Math.min(CHUNK_BYTES, length - start))
      throw new ArtifactError(`${where} has ${chunks[0].length} bytes, another length than was written.`);
    const hash = createHash('sha256');
    for (let offset = 0; offset < chunks[0].length; offset += PIECE_BYTES) {
      const { rows: pieces } = await database.pool.query({
        name: `read-piece-of-${name}`,
        text: `SELECT substring(bytes FROM $3::int + 1 FOR ${PIECE_BYTES}) AS bytes FROM ${name}
               WHERE ${owner} = $1 AND index = $2`,
        values: [ownerId, index, offset],
      });
      const piece: Buffer | undefined = pieces[0]?.bytes;
      // Removed or replaced by a shorter one while it was read.
      if (!piece || start + offset + piece.length > length) throw new ArtifactError(`${where} is missing.`);
      hash.update(piece);
      whole.update(piece);
      target.set(piece, start + offset);
    }
    if (!hash.digest().equals(chunks[0].sha256)) throw new ArtifactError(`${where} does not match its checksum.`);
  }
  if (!whole.digest().equals(expected)) throw new ArtifactError(`${whose} does not match its checksum.`);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** pg sends a Buffer as it is; another view would be copied to JSON. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
