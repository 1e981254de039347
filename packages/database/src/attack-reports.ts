import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Database } from './client.ts';

const rowSchema = z.strictObject({
  attack: z.string(),
  /** What was attacked: a mechanism, a kind of release, a model. */
  target: z.string(),
  /** Decimals or null where the promise is not an epsilon. */
  claimedEpsilon: z.number().nullable(),
  /** What the attack shows the loss to be at least, at its stated confidence. */
  empiricalEpsilonLower: z.number().nullable(),
  passed: z.boolean(),
});
export type AttackRow = z.output<typeof rowSchema>;

/** What an audit of the promises found. */
export interface AttackReport {
  readonly id: string;
  readonly at: Date;
  readonly rows: readonly AttackRow[];
  readonly passed: boolean;
}

/**
 * Stores a report; it passed when each of its rows did.
 * @throws ZodError when a row is not one
 */
export async function recordAttackReport(
  { pool }: Pick<Database, 'pool'>,
  rows: readonly AttackRow[],
): Promise<AttackReport> {
  const parsed = z.array(rowSchema).min(1).parse(rows);
  const { rows: stored } = await pool.query<AttackReport>(
    'INSERT INTO attack_report (id, rows, passed) VALUES ($1, $2::jsonb, $3) RETURNING id, at, rows, passed',
    [randomUUID(), JSON.stringify(parsed), parsed.every(({ passed }) => passed)],
  );
  return stored[0]!;
}

/** Newest first. */
export async function listAttackReports(
  { pool }: Pick<Database, 'pool'>,
  { first }: { readonly first: number },
): Promise<readonly AttackReport[]> {
  const { rows } = await pool.query<AttackReport>(
    'SELECT id, at, rows, passed FROM attack_report ORDER BY at DESC, id DESC LIMIT $1',
    [first],
  );
  return rows;
}
