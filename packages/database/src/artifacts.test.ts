import { randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { readArtifact, writeArtifact } from './artifacts.ts';
import { useDatabase } from './testing/index.ts';
import { inTransaction } from './transaction.ts';

const database = useDatabase();
const bytes = new Uint8Array(randomBytes(9 * 2 ** 20 + 5));
let id: string;

beforeEach(async () => {
  id = randomUUID();
  const version = {
    id,
    algorithm: 'popularity',
    hyperparameters: {},
    privacyLevel: 'NONE',
    requestedBy: 'test',
  } as const;
  await database.current.prisma.modelVersion.create({ data: version });
  await inTransaction(database.current, (tx) => writeArtifact(tx, id, bytes));
});

it('gives back what was written, from rows of at most 4 MiB', async () => {
  expect(Buffer.from(await readArtifact(database.current, id)).equals(bytes)).toBe(true);
  const { rows } = await database.current.pool.query(
    'SELECT length(bytes) AS length FROM model_artifact_chunk WHERE model_version_id = $1 ORDER BY index',
    [id],
  );
  expect(rows.map((row) => row.length)).toEqual([2 ** 22, 2 ** 22, 2 ** 20 + 5]);
});

describe('finds what changed since it was written', () => {
  const chunk = 'model_version_id = $1 AND index = 1';
  it.each([
    [
      'a byte',
      `UPDATE model_artifact_chunk SET bytes = set_byte(bytes, 77, 255 - get_byte(bytes, 77)) WHERE ${chunk}`,
      'row 1 of 3 does not match its checksum',
    ],
    ['a missing row', `DELETE FROM model_artifact_chunk WHERE ${chunk}`, 'row 1 of 3 is missing'],
    [
      'a cut row',
      `UPDATE model_artifact_chunk SET bytes = substr(bytes, 2) WHERE ${chunk}`,
      'row 1 of 3 has 4194303 bytes',
    ],
    [
      'a row of another artifact',
      `UPDATE model_artifact_chunk a SET bytes = b.bytes, sha256 = b.sha256 FROM model_artifact_chunk b WHERE a.model_version_id = $1 AND a.index = 1 AND b.model_version_id = $1 AND b.index = 0`,
      'does not match its checksum',
    ],
  ])('%s', async (_what, sql, message) => {
    await database.current.pool.query(sql, [id]);
    await expect(readArtifact(database.current, id)).rejects.toThrow(message);
  });
});

it('refuses what is too large or empty, before anything is written', async () => {
  const large = new Uint8Array(256 * 2 ** 20 + 1);
  const write = (artifact: Uint8Array) => inTransaction(database.current, (tx) => writeArtifact(tx, id, artifact));
  await expect(write(large)).rejects.toThrow('257 MB, more than the 256 MB');
  await expect(write(new Uint8Array())).rejects.toThrow('empty');
  expect(await readArtifact(database.current, id)).toHaveLength(bytes.length);
});

it('says so when there is none', async () => {
  const missing = randomUUID();
  await expect(readArtifact(database.current, missing)).rejects.toThrow(`${missing} is not stored`);
});
