import { type TrainingSchedule as TrainingScheduleRow, trainingSchedule, writeSetting } from '@sotto/database';
import { z } from 'zod';
import { builder, type Typed } from '../../builder.ts';
import type { Services } from '../../context.ts';
import { type InvalidInputShape, invalidInput } from '../errors.ts';
import { parseModel } from './training-input.ts';

export type TrainingScheduleShape = Typed<'TrainingSchedule'> & TrainingScheduleRow;

export const TrainingSchedule = builder.objectRef<TrainingScheduleShape>('TrainingSchedule').implement({
  description: 'When a model is trained again by itself, and activated.',
  fields: (t) => ({
    cron: t.exposeString('cron'),
    algorithm: t.exposeString('algorithm'),
    hyperparameters: t.expose('hyperparameters', { type: 'JSON' }),
  }),
});

export function trainingScheduleOf(schedule: TrainingScheduleRow): TrainingScheduleShape {
  return { __typename: 'TrainingSchedule', ...schedule };
}

/** @returns the schedule as stored, or what is wrong with it */
export async function storeTrainingSchedule(
  { database }: Pick<Services, 'database'>,
  input: { readonly cron: string; readonly algorithm: string; readonly hyperparameters?: unknown },
): Promise<TrainingScheduleShape | InvalidInputShape> {
  const model = parseModel(input.algorithm, input.hyperparameters);
  if ('__typename' in model) return model;
  const parsed = trainingSchedule.schema.safeParse({ cron: input.cron, ...model });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return invalidInput(issue.message, z.core.toDotPath(issue.path));
  }
  await writeSetting(database, trainingSchedule, parsed.data);
  return trainingScheduleOf(parsed.data);
}
