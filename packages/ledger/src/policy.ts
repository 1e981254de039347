import type { Setting } from '@sotto/database';
import { openRenyiFilter, PrivacyParameterError } from '@sotto/privacy';
import { z } from 'zod';

/** What the tables keep: nine digits before the point, twelve after it. */
const DECIMAL = /^\d{1,9}(\.\d{1,12})?$/;
const decimal = z.string().regex(DECIMAL, 'must be a decimal text with at most 12 places, as "0.5"');

const schema = z
  .strictObject({ epsilon: decimal.default('10'), delta: decimal.default('0.000001') })
  .superRefine(({ epsilon, delta }, context) => {
    if (!DECIMAL.test(epsilon) || !DECIMAL.test(delta)) return; // told already
    try {
      openRenyiFilter({ epsilon, delta });
    } catch (error) {
      if (!(error instanceof PrivacyParameterError)) throw error;
      context.addIssue({ code: 'custom', path: [error.parameter], message: error.message });
    }
  });

/**
 * The total (epsilon, delta) over an account's lifetime. It acts on cohorts that are not open yet: a budget that is
 * open never changes.
 */
export const budgetPolicy: Setting<typeof schema> = { name: 'budget-policy', schema };
export type BudgetPolicy = z.output<typeof schema>;
