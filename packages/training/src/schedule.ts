import { type Database, insertRefusedTraining, inTransaction, takeDueSchedule } from '@sotto/database';
import type { AllowanceExceeded, BudgetExhausted } from '@sotto/ledger';
import { InvalidTrainingError } from './invalid-training.ts';
import { logRefusal, placeTraining, type TrainingRequest } from './request-training.ts';
import { parseTraining, privacyLevelOf } from './training-input.ts';

export interface ScheduledTraining {
  readonly modelVersionId: string;
  readonly isRefused: boolean;
}

const REFUSED_TEXT = {
  'budget-exhausted': 'The privacy budget of every cohort is spent: nothing was read, and nothing charged.',
  'allowance-exceeded': 'The allowance of the schedule is spent: nothing was read, and nothing charged.',
} as const;

/**
 * Requests the scheduled training if the minute is one of the schedule's and not long past. Where the budget cannot pay,
 * or what is scheduled cannot be trained, the version is there all the same, REFUSED: nobody waits for the answer.
 * @param minute start of a minute; seconds are ignored
 * @returns undefined when nothing is due
 */
export async function requestScheduledTraining(
  database: Database,
  minute: Date,
  now: Date,
): Promise<ScheduledTraining | undefined> {
  let refused: { readonly request: TrainingRequest; readonly by: BudgetExhausted | AllowanceExceeded } | undefined;
  const scheduled = await inTransaction(database, async (tx) => {
    const schedule = await takeDueSchedule(tx, minute);
    if (!schedule) return undefined;
    const request: TrainingRequest = { ...schedule, requestedBy: 'schedule', shouldActivate: true };
    const refuse = async (failure: string): Promise<ScheduledTraining> => {
      const version = { ...request, hyperparameters: schedule.hyperparameters };
      const privacyLevel = privacyLevelOf(schedule.algorithm);
      return {
        modelVersionId: await insertRefusedTraining(tx, { ...version, privacyLevel }, failure),
        isRefused: true,
      };
    };
    try {
      const placed = await placeTraining(tx, parseTraining(request), request, now);
      if (placed.kind === 'placed') return { modelVersionId: placed.id, isRefused: false };
      refused = { request, by: placed };
      return await refuse(REFUSED_TEXT[placed.kind]);
    } catch (error) {
      if (!(error instanceof InvalidTrainingError)) throw error;
      return await refuse(`The schedule cannot be trained: ${error.path}: ${error.message}.`);
    }
  });
  if (refused) await logRefusal(database, refused.request, refused.by, now);
  return scheduled;
}
