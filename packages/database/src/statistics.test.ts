import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { dropOldStatistics, listStatistics, readStatistic, writeStatistic } from './statistics.ts';
import { useDatabase } from './testing/index.ts';
import { inTransaction } from './transaction.ts';

const database = useDatabase();
const DAY_MS = 86_400_000;
const NOW = new Date('2026-05-10T12:00:00Z');
const day = (offset: number) => new Date(NOW.getTime() + offset * DAY_MS);

async function store(bytes: Uint8Array, releasedAt = NOW): Promise<string> {
  const id = randomUUID();
  await inTransaction(database.current, async (tx) => {
    await writeStatistic(tx, id, bytes, releasedAt);
    await tx.query(`INSERT INTO release (id, answer, rows, released_at) VALUES ($1, '{}', '[]', $2)`, [id, releasedAt]);
    await dropOldStatistics(tx, releasedAt);
  });
  return id;
}
const countChunks = async () =>
  (await database.current.pool.query('SELECT count(DISTINCT release_id)::int AS count FROM statistic_chunk')).rows[0]
    .count;

it('gives back what was written, on shared memory', async () => {
  const bytes = new Uint8Array(randomBytes(5 * 2 ** 20 + 3));
  const id = await store(bytes);
  const read = await readStatistic(database.current, id);
  expect(read.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(Buffer.from(read).equals(bytes)).toBe(true);
  await database.current.pool.query(
    'UPDATE statistic_chunk SET bytes = set_byte(bytes, 7, 255 - get_byte(bytes, 7)) WHERE release_id = $1 AND index = 1',
    [id],
  );
  await expect(readStatistic(database.current, id)).rejects.toThrow('row 1 of 2 does not match its checksum');
});

it('keeps the newest twelve, lists them oldest first, and lets go of those past their time', async () => {
  const ids: string[] = [];
  for (let i = 1; i <= 14; i++) ids.push(await store(new Uint8Array([i]), day(i)));
  const listed = await listStatistics(database.current, day(14));
  expect(listed.map(({ releaseId }) => releaseId)).toEqual(ids.slice(2));
  expect(await countChunks()).toBe(12);
  // A year after it was drawn the third is past its time; the others are not yet.
  const later = day(3 + 365);
  expect((await listStatistics(database.current, later)).map(({ releaseId }) => releaseId)).toEqual(ids.slice(3));
  await inTransaction(database.current, (tx) => dropOldStatistics(tx, later));
  expect(await countChunks()).toBe(11);
  await expect(readStatistic(database.current, ids[2]!)).rejects.toThrow('is not stored');
});

it('keeps no more than four of the largest, and the newest always', async () => {
  await database.current.pool.query('DELETE FROM statistic');
  const ids: string[] = [];
  for (let i = 1; i <= 5; i++) ids.push(await store(new Uint8Array([i]), day(400 + i)));
  await database.current.pool.query('UPDATE statistic SET byte_count = 191 * 1048576');
  const left = async () => (await listStatistics(database.current, day(406))).map(({ releaseId }) => releaseId);
  await inTransaction(database.current, (tx) => dropOldStatistics(tx, day(406)));
  expect(await left()).toEqual(ids.slice(1));
  await database.current.pool.query('UPDATE statistic SET byte_count = 2000000000');
  await inTransaction(database.current, (tx) => dropOldStatistics(tx, day(406)));
  expect(await left()).toEqual(ids.slice(4));
});

it('refuses what is empty or too large', async () => {
  const write = (bytes: Uint8Array) =>
    inTransaction(database.current, (tx) => writeStatistic(tx, randomUUID(), bytes, NOW));
  await expect(write(new Uint8Array())).rejects.toThrow('empty');
  await expect(write(new Uint8Array(256 * 2 ** 20 + 1))).rejects.toThrow('more than the 256 MB');
});
