import { randomUUID } from 'node:crypto';
import type { Database } from '@sotto/database';
import { canonicalJson, isStorableText } from './canonical.ts';
import { LedgerError } from './errors.ts';
import { checkFirst } from './pages.ts';
import { BUDGET_PURPOSES, type Refusal, type RefusedAsk } from './types.ts';

/** A longer question is no use to whoever reads the log, and would let anybody fill it. */
const MAX_QUESTION_LENGTH = 2 ** 14;

/** Keeps a note of an ask that was refused. What cannot be stored of it, which may be why, is left out. */
export async function recordRefusal({ pool }: Pick<Database, 'pool'>, refusal: Refusal, now: Date): Promise<void> {
  const { askedBy, purpose, code, parameter, question } = refusal;
  await pool.query(
    `INSERT INTO refused_ask (id, at, asked_by, purpose, code, parameter, question)
     VALUES ($1, $2, $3, $4::budget_purpose, $5, $6, $7::jsonb)`,
    [
      randomUUID(),
      now.toISOString(),
      isStorableText(askedBy) ? askedBy : '',
      purpose !== undefined && BUDGET_PURPOSES.includes(purpose) ? purpose : null,
      code,
      parameter ?? null,
      question === undefined ? null : storableJson(question),
    ],
  );
}

function storableJson(question: Readonly<Record<string, unknown>>): string | null {
  try {
    const text = canonicalJson('question', question);
    return text.length <= MAX_QUESTION_LENGTH ? text : null;
  } catch (error) {
    if (error instanceof LedgerError) return null;
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
