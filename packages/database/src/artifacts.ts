import { createHash } from 'node:crypto';
import type { Database } from './client.ts';
import type { Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Read at once: what a reader decodes and hashes between two of its other requests, about a millisecond. */
const PIECE_BYTES = 256 * 1024;
/** Larger artifacts are refused: a gateway holds two of them in memory while it swaps. */
const MAX_ARTIFACT_BYTES = 256 * 1024 * 1024;

/** An artifact cannot be stored, or what is stored is not what was written. The message says which and where. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}

/**
 * Stores a version's artifact in rows of at most 4 MiB, each with its SHA-256, and the SHA-256 of the whole.
 * @throws ArtifactError when it is empty or over 256 MB
 */
export async function writeArtifact(tx: Transaction, modelVersionId: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) throw new ArtifactError('The model is empty: there is nothing to store.');
  if (bytes.length > MAX_ARTIFACT_BYTES)
    throw new ArtifactError(
      `The model takes ${Math.ceil(bytes.length / 2 ** 20)} MB, more than the ${MAX_ARTIFACT_BYTES / 2 ** 20} MB that ` +
        'can be stored; train with fewer factors or neighbours.',
    );
  await tx.query('DELETE FROM model_artifact_chunk WHERE model_version_id = $1', [modelVersionId]);
  for (let index = 0; index * CHUNK_BYTES < bytes.length; index++) {
    const chunk = toBuffer(bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
    await tx.query(
      'INSERT INTO model_artifact_chunk (model_version_id, index, bytes, sha256) VALUES ($1, $2, $3, $4)',
      [modelVersionId, index, chunk, sha256(chunk)],
    );
  }
  await tx.query('UPDATE model_version SET artifact_bytes = $2, artifact_sha256 = $3 WHERE id = $1', [
    modelVersionId,
    bytes.length,
    sha256(bytes),
  ]);
}

/**
 * Reads an artifact row by row and checks every one.
 * @throws ArtifactError when there is none, a row is missing, or any byte changed since it was written
 */
export async function readArtifact(
  database: Pick<Database, 'pool'>,
  modelVersionId: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const whose = `The artifact of model version ${modelVersionId}`;
  const { rows } = isUuid(modelVersionId)
    ? await database.pool.query(
        'SELECT artifact_bytes::int AS length, artifact_sha256 AS hash FROM model_version WHERE id = $1',
        [modelVersionId],
      )
    : { rows: [] };
  const length: number | null = rows[0]?.length ?? null;
  if (length === null) throw new ArtifactError(`${whose} is not stored.`);
  const artifact = new Uint8Array(length);
  const chunkCount = Math.ceil(length / CHUNK_BYTES);
  const whole = createHash('sha256');
  for (let index = 0; index < chunkCount; index++) {
    const { rows: chunks } = await database.pool.query(
      'SELECT length(bytes) AS length, sha256 FROM model_artifact_chunk WHERE model_version_id = $1 AND index = $2',
      [modelVersionId, index],
    );
    const where = `${whose}: row ${index} of ${chunkCount}`;
    const start = index * CHUNK_BYTES;
    if (chunks.length === 0) throw new ArtifactError(`${where} is missing.`);
    if (chunks[0].length !== Math.min(CHUNK_BYTES, length - start))
      throw new ArtifactError(`${where} has ${chunks[0].length} bytes, another length than was written.`);
    const hash = createHash('sha256');
    for (let offset = 0; offset < chunks[0].length; offset += PIECE_BYTES) {
      const { rows: pieces } = await database.pool.query({
        name: 'read-artifact-piece',
        text: `SELECT substring(bytes FROM $3::int + 1 FOR ${PIECE_BYTES}) AS bytes FROM model_artifact_chunk
               WHERE model_version_id = $1 AND index = $2`,
        values: [modelVersionId, index, offset],
      });
      const piece: Buffer | undefined = pieces[0]?.bytes;
      // Removed or replaced by a shorter one while it was read.
      if (!piece || start + offset + piece.length > length) throw new ArtifactError(`${where} is missing.`);
      hash.update(piece);
      whole.update(piece);
      artifact.set(piece, start + offset);
    }
    if (!hash.digest().equals(chunks[0].sha256)) throw new ArtifactError(`${where} does not match its checksum.`);
  }
  if (!whole.digest().equals(rows[0].hash)) throw new ArtifactError(`${whose} does not match its checksum.`);
  return artifact;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** pg sends a Buffer as it is; another view would be copied to JSON. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
