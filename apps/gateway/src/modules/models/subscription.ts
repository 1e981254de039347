import { findModelVersion, type ModelVersion } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { builder } from '../../builder.ts';
import type { Services } from '../../context.ts';
import { idOfType } from '../node.ts';
import { TrainingRun, type TrainingRunShape, trainingRunOf } from './training-run.ts';

/** Hints may be lost; rows are the truth. */
const POLL_MS = 2_000;

builder.subscriptionField('trainingRun', (t) =>
  t.field({
    type: TrainingRun,
    authScopes: { operator: true },
    description: 'The run as it is, then at each change, to its end. By the id of the run or of its model version.',
    args: { id: t.arg.id({ required: true }) },
    subscribe: async (_root, args, { services }) => {
      const id = idOfType(['TrainingRun', 'ModelVersion'], args.id);
      const version = id === undefined ? undefined : await findModelVersion(services.database, id);
      if (!version) throw new AppError('NOT_FOUND', 'there is no such training run', { path: 'id' });
      return watchRun(services, version);
    },
    resolve: (run) => run,
  }),
);

async function* watchRun({ database, trainingHints }: Services, first: ModelVersion): AsyncGenerator<TrainingRunShape> {
  let told: string | undefined;
  for (let version: ModelVersion | undefined = first; version && !trainingHints.isClosed; ) {
    const state = JSON.stringify([version.status, version.progress, version.failure]);
    if (state !== told) yield trainingRunOf(version);
    told = state;
    if (version.finishedAt) return;
    await trainingHints.wait(version.id, POLL_MS);
    version = await findModelVersion(database, version.id);
  }
}
