import { type TrainingSchedule as TrainingScheduleRow, trainingSchedule, writeSetting } from '@sotto/database';
import { parseTraining, type TrainingInput } from '@sotto/training';
import { z } from 'zod';
import { builder, type Typed } from '../../builder.ts';
import type { Services } from '../../context.ts';
import { type InvalidInputShape, invalidInput } from '../errors.ts';
import { catchInvalid } from './request-training.ts';

export type TrainingScheduleShape = Typed<'TrainingSchedule'> & TrainingScheduleRow;

export const TrainingSchedule = builder.objectRef<TrainingScheduleShape>('TrainingSchedule').implement({
  description: 'When a model is trained again by itself, and activated.',
  fields: (t) => ({
    cron: t.exposeString('cron'),
    algorithm: t.exposeString('algorithm'),
    hyperparameters: t.expose('hyperparameters', { type: 'JSON' }),
    epsilon: t.field({ type: 'Decimal', nullable: true, resolve: ({ epsilon }) => epsilon ?? null }),
    withoutPrivacy: t.exposeBoolean('withoutPrivacy'),
  }),
});

export function trainingScheduleOf(schedule: TrainingScheduleRow): TrainingScheduleShape {
  return { __typename: 'TrainingSchedule', ...schedule };
}

/** @returns the schedule as stored, or what is wrong with it */
export async function storeTrainingSchedule(
  { database }: Pick<Services, 'database'>,
  { cron, ...input }: TrainingInput & { readonly cron: string },
): Promise<TrainingScheduleShape | InvalidInputShape> {
  const training = catchInvalid(() => parseTraining(input));
  if ('__typename' in training) return training;
  const { algorithm, hyperparameters } = training;
  const parsed = trainingSchedule.schema.safeParse({
    cron,
    algorithm,
    hyperparameters,
    epsilon: input.epsilon ?? undefined,
    withoutPrivacy: input.withoutPrivacy ?? undefined,
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return invalidInput(issue.message, z.core.toDotPath(issue.path));
  }
  await writeSetting(database, trainingSchedule, parsed.data);
  return trainingScheduleOf(parsed.data);
}
