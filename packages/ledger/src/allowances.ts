import type { Database, Transaction } from '@sotto/database';
import { formatDecimal, parseDecimal } from './decimals.ts';
import { LedgerError } from './errors.ts';
import { checkName } from './request.ts';
import {
  type Allowance,
  type AllowanceExceeded,
  type AllowanceState,
  BUDGET_PURPOSES,
  type BudgetPurpose,
  type ReleaseRequest,
} from './types.ts';

const MAX_WINDOW_DAYS = 3_650;

/**
 * Locks the allowance that holds for an analyst, so that two asks at once are counted one after the other.
 * @returns undefined when there is none
 */
export async function lockAllowance(
  tx: Transaction,
  { askedBy, purpose }: Pick<ReleaseRequest, 'askedBy' | 'purpose'>,
): Promise<Allowance | undefined> {
  const { rows } = await tx.query<Allowance>({
    name: 'lock-allowance',
    text: `SELECT asked_by AS "askedBy", purpose::text AS purpose, trim_scale(epsilon)::text AS epsilon,
             window_days AS "windowDays"
           FROM allowance WHERE asked_by IN ($1, '*') AND purpose = $2::budget_purpose
           ORDER BY asked_by = '*' LIMIT 1 FOR NO KEY UPDATE`,
    values: [askedBy, purpose],
  });
  return rows[0];
}

/** @returns the refusal when the asked epsilon does not fit beside those of the window any more */
export async function findExceededAllowance(
  tx: Transaction,
  { epsilon, windowDays }: Allowance,
  asked: Pick<ReleaseRequest, 'askedBy' | 'purpose' | 'epsilon'>,
  now: Date,
): Promise<AllowanceExceeded | undefined> {
  const values = [asked.askedBy, asked.purpose, now.toISOString(), windowDays];
  const within = `FROM reservation WHERE asked_by = $1 AND purpose = $2::budget_purpose
    AND reserved_at > $3::timestamptz - $4 * interval '24 hours'`;
  const total = await tx.query<{ spent: string }>(
    `SELECT coalesce(trim_scale(sum(epsilon)), 0)::text AS spent ${within}`,
    values,
  );
  const allowed = parseDecimal('epsilon', epsilon);
  const requested = parseDecimal('epsilon', asked.epsilon);
  if (parseDecimal('epsilon', total.rows[0]!.spent) + requested <= allowed) return undefined;
  // Free as soon as what is younger than some reservation leaves room for what is asked.
  const { rows } = await tx.query<{ resetsAt: Date }>(
    `SELECT coalesce(min(reserved_at) FILTER (WHERE younger <= $5::numeric), max(reserved_at), $3::timestamptz)
              + $4 * interval '24 hours' AS "resetsAt"
     FROM (
       SELECT reserved_at, coalesce(sum(epsilon) OVER (
         ORDER BY reserved_at DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
       ), 0) AS younger ${within}
     ) counted`,
    [...values, formatDecimal(allowed - requested)],
  );
  const message =
    requested > allowed
      ? `epsilon ${asked.epsilon} is more than the whole allowance of ${epsilon} in ${windowDays} days`
      : `the allowance of epsilon ${epsilon} in ${windowDays} days does not cover epsilon ${asked.epsilon} now`;
  return { kind: 'allowance-exceeded', resetsAt: rows[0]!.resetsAt, message };
}

/**
 * Sets how much an analyst (or, under `*`, everybody who has none of their own) may ask for a purpose in a window of
 * days. It acts on the next ask; null takes it back.
 * @throws LedgerError BAD_INPUT naming the parameter
 */
export async function setAllowance(
  { pool }: Pick<Database, 'pool'>,
  allowance: Omit<Allowance, 'epsilon'> & { readonly epsilon: string | null },
): Promise<void> {
  const { askedBy, purpose, epsilon, windowDays } = allowance;
  checkName('askedBy', askedBy);
  if (!BUDGET_PURPOSES.includes(purpose))
    throw new LedgerError('BAD_INPUT', 'purpose is not one of the purposes', { parameter: 'purpose' });
  if (epsilon === null) {
    await pool.query('DELETE FROM allowance WHERE asked_by = $1 AND purpose = $2::budget_purpose', [askedBy, purpose]);
    return;
  }
  if (!Number.isInteger(windowDays) || windowDays < 1 || windowDays > MAX_WINDOW_DAYS)
    throw new LedgerError('BAD_INPUT', `windowDays must be a whole number from 1 to ${MAX_WINDOW_DAYS}`, {
      parameter: 'windowDays',
    });
  await pool.query(
    `INSERT INTO allowance (asked_by, purpose, epsilon, window_days) VALUES ($1, $2::budget_purpose, $3, $4)
     ON CONFLICT (asked_by, purpose)
     DO UPDATE SET epsilon = excluded.epsilon, window_days = excluded.window_days, updated_at = now()`,
    [askedBy, purpose, formatDecimal(parseDecimal('epsilon', epsilon)), windowDays],
  );
}

/** Every allowance that is set, and what the one for everybody means to each analyst who spent of it. */
export async function listAllowances({ pool }: Pick<Database, 'pool'>, now: Date): Promise<AllowanceState[]> {
  const { rows } = await pool.query<AllowanceState & { purpose: BudgetPurpose }>(
    `WITH shown AS (
       SELECT asked_by, purpose, epsilon, window_days, false AS is_default FROM allowance
       UNION ALL
       SELECT DISTINCT spender.asked_by, everybody.purpose, everybody.epsilon, everybody.window_days, true
       FROM allowance everybody
       JOIN reservation spender ON spender.purpose = everybody.purpose
         AND spender.reserved_at > $1::timestamptz - everybody.window_days * interval '24 hours'
       WHERE everybody.asked_by = '*' AND NOT EXISTS (
         SELECT FROM allowance own WHERE own.asked_by = spender.asked_by AND own.purpose = spender.purpose
       )
     )
     SELECT shown.asked_by AS "askedBy", shown.purpose::text AS purpose, trim_scale(shown.epsilon)::text AS epsilon,
       shown.window_days AS "windowDays", coalesce(trim_scale(sum(reservation.epsilon)), 0)::text AS spent,
       min(reservation.reserved_at) + shown.window_days * interval '24 hours' AS "resetsAt",
       shown.is_default AS "isDefault"
     FROM shown
     LEFT JOIN reservation ON reservation.asked_by = shown.asked_by AND reservation.purpose = shown.purpose
       AND reservation.reserved_at > $1::timestamptz - shown.window_days * interval '24 hours'
     GROUP BY shown.asked_by, shown.purpose, shown.epsilon, shown.window_days, shown.is_default
     ORDER BY shown.asked_by, shown.purpose`,
    [now.toISOString()],
  );
  return rows;
}
