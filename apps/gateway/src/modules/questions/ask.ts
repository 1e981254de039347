import { LedgerError, recordRefusal } from '@sotto/ledger';
import {
  askQuestion,
  InvalidQuestionError,
  parseQuestion,
  priceQuestion,
  type Question,
  type QuestionInput,
  type QuestionPrice,
} from '@sotto/questions';
import { AppError } from '@sotto/shop';
import type { Context } from '../../context.ts';
import { encodeNodeId } from '../node.ts';
import { type AllowanceExceededShape, allowanceExceeded } from '../privacy/allowances.ts';
import { type BudgetExhaustedShape, budgetExhausted } from '../privacy/budget.ts';
import { type ReleaseShape, releaseOf } from '../privacy/release.ts';
import { type InvalidQuestionShape, invalidQuestion } from './invalid-question.ts';

export type AskQuestionShape = ReleaseShape | BudgetExhaustedShape | AllowanceExceededShape | InvalidQuestionShape;

/** @throws AppError BAD_INPUT that names the parameter */
export async function priceForCaller(
  { services, caller, receipt }: Context,
  input: QuestionInput,
): Promise<QuestionPrice> {
  receipt.open();
  try {
    return await priceQuestion(services.database, parseQuestion(input), {
      askedBy: caller.askedBy,
      now: services.clock(),
    });
  } catch (error) {
    if (!(error instanceof InvalidQuestionError)) throw error;
    throw new AppError('BAD_INPUT', error.message, { path: error.path, cause: error });
  }
}

/**
 * Asks, and writes on the request's receipt what it cost.
 * @param path the ask's place in the answer
 */
export async function askForCaller(context: Context, input: QuestionInput, path: string): Promise<AskQuestionShape> {
  const { services, caller, receipt } = context;
  receipt.open();
  try {
    const question = await parseOrLog(context, input);
    const options = { askedBy: caller.askedBy, now: services.clock };
    const result = await services.askSlots.run(() => askQuestion(services.database, question, options));
    if (result.kind === 'budget-exhausted') return budgetExhausted(result);
    if (result.kind === 'allowance-exceeded') return allowanceExceeded(result);
    const { id, isReplay } = result.release;
    receipt.noteRelease({ path, id: encodeNodeId('Release', id), epsilon: result.chargedEpsilon, isReplay });
    return releaseOf(result.release);
  } catch (error) {
    if (error instanceof InvalidQuestionError) return invalidQuestion(error.message, error.path);
    if (error instanceof LedgerError && error.code === 'BAD_INPUT')
      return invalidQuestion(error.message, error.parameter ?? '');
    // A conflict comes after the charge; the ledger's other failures come before it.
    if (!(error instanceof LedgerError) || error.code === 'CONFLICT') receipt.noteBreak();
    throw error;
  }
}

/** The log of refused asks holds what was wrong, not what was sent, which may be anything. */
async function parseOrLog({ services, caller }: Context, input: QuestionInput): Promise<Question> {
  try {
    return parseQuestion(input);
  } catch (error) {
    if (error instanceof InvalidQuestionError) {
      const refusal = {
        askedBy: caller.askedBy,
        purpose: 'ANALYTICS',
        code: 'BAD_INPUT',
        parameter: error.path,
      } as const;
      await recordRefusal(services.database, refusal, services.clock());
    }
    throw error;
  }
}
