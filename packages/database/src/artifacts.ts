import type { Database } from './client.ts';
import { ArtifactError, type ChunkTable, MAX_STORED_BYTES, readChunks, writeChunks } from './stored-bytes.ts';
import type { Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

const CHUNKS: ChunkTable = { name: 'model_artifact_chunk', owner: 'model_version_id' };

/**
 * Stores a version's artifact in rows of at most 4 MiB, each with its SHA-256, and the SHA-256 of the whole.
 * @throws ArtifactError when it is empty or over 256 MB
 */
export async function writeArtifact(tx: Transaction, modelVersionId: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) throw new ArtifactError('The model is empty: there is nothing to store.');
  if (bytes.length > MAX_STORED_BYTES)
    throw new ArtifactError(
      `The model takes ${Math.ceil(bytes.length / 2 ** 20)} MB, more than the ${MAX_STORED_BYTES / 2 ** 20} MB that ` +
        'can be stored; train with fewer factors or neighbours.',
    );
  const { byteCount, sha256 } = await writeChunks(tx, CHUNKS, modelVersionId, bytes);
  await tx.query('UPDATE model_version SET artifact_bytes = $2, artifact_sha256 = $3 WHERE id = $1', [
    modelVersionId,
    byteCount,
    sha256,
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
  const target = new Uint8Array(length);
  await readChunks(database, CHUNKS, modelVersionId, { target, sha256: rows[0].hash, whose });
  return target;
}
