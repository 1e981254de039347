import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { type Database, openDatabase } from '@sotto/database';
import { askRelease } from '../ask.ts';
import { createAnswer, createRequest } from './requests.ts';

/*
 * Asks one question and dies by SIGKILL at a given moment of it: `node crash-process.js <url> <moment> <now> <draw log>`.
 * A moment is a statement, a draw or an answer, with what part of it is past: `before COMMIT 1`, `after start-reservation 1`.
 * Without one (`never`) it writes the answer's value to stdout.
 */
const [url = '', moment = '', now = '', drawLog = ''] = process.argv.slice(2);
const counts = new Map<string, number>();

function dieAt(reached: string): void {
  if (reached === moment) process.kill(process.pid, 'SIGKILL');
}

/** Runs one step, and dies before or after it if that is the moment. */
async function step<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
  const number = (counts.get(name) ?? 0) + 1;
  counts.set(name, number);
  dieAt(`before ${name} ${number}`);
  const result = await run();
  dieAt(`after ${name} ${number}`);
  return result;
}

type Query = (query: string | { readonly name: string }, values?: unknown[]) => Promise<unknown>;

const watch =
  (query: Query): Query =>
  (statement, values) =>
    step(typeof statement === 'string' ? statement : statement.name, () => query(statement, values));

const database = openDatabase({ url, maxConnections: 2 });
const { pool } = database;
const watched = {
  query: watch(pool.query.bind(pool) as unknown as Query),
  connect: async () => {
    const client = await pool.connect();
    return { query: watch(client.query.bind(client) as unknown as Query), release: client.release.bind(client) };
  },
};
const result = await askRelease(
  { pool: watched as unknown as Database['pool'] },
  createRequest(),
  ({ id }) =>
    step('draw', async () => {
      appendFileSync(drawLog, `${id}\n`);
      return createAnswer(randomInt(2 ** 40)); // does not come twice
    }),
  () => new Date(now),
);
dieAt('before the answer');
if (result.kind === 'released') process.stdout.write(`${result.release.answer['value']}\n`);
await database.close();
