import type { Database } from '@sotto/database';
import { type AskReleaseResult, askRelease, type PrivacyBudget, priceRelease, recordRefusal } from '@sotto/ledger';
import { InvalidQuestionError } from './invalid-question-error.ts';
import { CONFIDENCE } from './noise/budget.ts';
import type { Question } from './parse-question.ts';
import { inSnapshot } from './population.ts';
import { prepareRequest } from './prepare-request.ts';

export type AskResult = AskReleaseResult;

/** What a question would cost and how good its answer would be (contract: QuestionPrice). */
export interface QuestionPrice {
  /** What the release costs alone, at delta: exact decimals. */
  readonly epsilon: string;
  readonly delta: string;
  /** Half the width of a value's interval; null where only the data could tell. */
  readonly expectedError: number | null;
  readonly confidence: number;
  readonly questionsLeft: number;
  /** As they would be left. */
  readonly cohorts: readonly PrivacyBudget[];
  readonly excludedCohorts: readonly string[];
  readonly wouldBeReplayed: boolean;
  readonly mechanism: string;
  readonly noiseScale: number;
}

/**
 * A dry run: reads the catalogue and the ledger, never a customer's row, and charges nothing.
 * @throws InvalidQuestionError when the question does not fit the catalogue
 */
export async function priceQuestion(
  database: Pick<Database, 'pool'>,
  question: Question,
  { askedBy, now }: { askedBy: string; now: Date },
): Promise<QuestionPrice> {
  const { plan, request } = await prepareRequest(database.pool, question, askedBy);
  const price = await priceRelease(database, request, now);
  return {
    ...price,
    expectedError: plan.expectedError,
    confidence: CONFIDENCE,
    mechanism: plan.mechanism,
    noiseScale: plan.noiseScale,
  };
}

/**
 * Answers a question, once: charged before a customer's row is read, the same again is the stored answer.
 * @throws InvalidQuestionError when the question does not fit the catalogue; nothing is charged then, and the refusal is
 * kept in the log of refused asks
 */
export async function askQuestion(
  database: Pick<Database, 'pool'>,
  question: Question,
  { askedBy, now }: { askedBy: string; purpose?: 'ANALYTICS'; now: () => Date },
): Promise<AskResult> {
  const { plan, request } = await prepareRequest(database.pool, question, askedBy).catch(async (error: unknown) => {
    if (error instanceof InvalidQuestionError)
      await recordRefusal(
        database,
        { askedBy, purpose: 'ANALYTICS', code: 'BAD_INPUT', parameter: error.path, question: { ...question.spec } },
        now(),
      );
    throw error;
  });
  return askRelease(database, request, (reservation) => inSnapshot(database, (tx) => plan.draw(tx, reservation)), now);
}
