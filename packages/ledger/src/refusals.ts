import { randomUUID } from 'node:crypto';
import type { Database } from '@sotto/database';
import { canonicalJson, isStorableText } from './canonical.ts';
import { LedgerError } from './errors.ts';
import { checkFirst } from './pages.ts';
import type { Refusal, RefusedAsk } from './types.ts';

/** Keeps a note of an ask that was refused. What cannot be stored of its question is left out. */
export async function recordRefusal({ pool }: Pick<Database, 'pool'>, refusal: Refusal, now: Date): Promise<void> {
  const { askedBy, purpose, code, parameter, question } = refusal;
  await pool.query(
    `INSERT INTO refused_ask (id, at, asked_by, purpose, code, parameter, question)
     VALUES ($1, $2, $3, $4::budget_purpose, $5, $6, $7::jsonb)`,
    [
      randomUUID(),
      now.toISOString(),
      isStorableText(askedBy) ? askedBy : '',
      purpose ?? null,
      code,
      parameter ?? null,
      question === undefined ? null : storableJson(question),
    ],
  );
}

function storableJson(question: Readonly<Record<string, unknown>>): string | null {
  try {
    return canonicalJson('question', question);
  } catch (error) {
    if (error instanceof LedgerError) return null; // which may be why it was refused
    throw error;
  }
}

/** Newest first. */
export async function listRefusals(
  { pool }: Pick<Database, 'pool'>,
  { first }: { readonly first: number },
): Promise<RefusedAsk[]> {
  const { rows } = await pool.query<RefusedAsk>(
    `SELECT id, at, asked_by AS "askedBy", purpose::text AS purpose, code, parameter, question
     FROM refused_ask ORDER BY at DESC, id DESC LIMIT $1`,
    [checkFirst(first)],
  );
  return rows;
}
