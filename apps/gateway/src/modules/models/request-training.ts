import { InvalidTrainingError, requestTraining, type TrainingInput } from '@sotto/training';
import type { Context } from '../../context.ts';
import { type InvalidInputShape, invalidInput } from '../errors.ts';
import { encodeNodeId } from '../node.ts';
import { type AllowanceExceededShape, allowanceExceeded } from '../privacy/allowances.ts';
import { type BudgetExhaustedShape, budgetExhausted } from '../privacy/budget.ts';
import { type TrainingRunShape, trainingRunOf } from './training-run.ts';

/**
 * Requests a training for whoever calls, and writes on the request's receipt what it charged: nothing, for one that
 * learns from stored releases alone.
 * @param path the request's place in the answer
 */
export async function requestForCaller(
  { services, caller, receipt }: Context,
  input: TrainingInput,
  path: string,
): Promise<TrainingRunShape | BudgetExhaustedShape | AllowanceExceededShape | InvalidInputShape> {
  receipt.open();
  const request = { ...input, requestedBy: 'operator', askedBy: caller.askedBy, shouldActivate: false };
  try {
    const result = await requestTraining(services.database, request, services.clock());
    if (result.kind === 'budget-exhausted') return budgetExhausted(result);
    if (result.kind === 'allowance-exceeded') return allowanceExceeded(result);
    const { version, reservation } = result;
    if (reservation) {
      const { id, epsilon } = reservation;
      receipt.noteRelease({ path, id: encodeNodeId('Release', id), epsilon, isReplay: false });
    }
    return trainingRunOf(version);
  } catch (error) {
    return explainInvalid(error);
  }
}

/** @returns what `run` gives, or what is wrong with the parameters, by its path in the input */
export function catchInvalid<Result>(run: () => Result): Result | InvalidInputShape {
  try {
    return run();
  } catch (error) {
    return explainInvalid(error);
  }
}

function explainInvalid(error: unknown): InvalidInputShape {
  if (error instanceof InvalidTrainingError) return invalidInput(error.message, error.path);
  throw error;
}
