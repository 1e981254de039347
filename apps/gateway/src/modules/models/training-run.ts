import {
  findModelVersion,
  type ModelVersion as ModelVersionRow,
  readTrainingLog,
  readTrainingPoints,
  type TrainingPoint as TrainingPointRow,
} from '@sotto/database';
import { builder, type Typed } from '../../builder.ts';
import { encodeNodeId, Node, registerNode, requireOperator } from '../node.ts';

/** The training of one model version: another view of the same row. */
export type TrainingRunShape = Typed<'TrainingRun'> & { readonly version: ModelVersionRow };

export const ModelStatus = builder.enumType('ModelStatus', {
  values: ['PENDING', 'TRAINING', 'READY', 'ACTIVE', 'RETIRED', 'FAILED', 'REFUSED', 'CANCELLED'] as const,
});

const TrainingPoint = builder.objectRef<TrainingPointRow & { readonly at: Date }>('TrainingPoint').implement({
  description: 'A figure of one step: a point of the curve of that name.',
  fields: (t) => ({
    step: t.exposeInt('step'),
    name: t.exposeString('name'),
    value: t.exposeFloat('value'),
    at: t.expose('at', { type: 'DateTime' }),
  }),
});

export const TrainingRun = builder.objectRef<TrainingRunShape>('TrainingRun').implement({
  interfaces: [Node],
  authScopes: { operator: true },
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'TrainingRun',
  fields: (t) => ({
    id: t.id({ resolve: ({ version }) => encodeNodeId('TrainingRun', version.id) }),
    status: t.field({ type: ModelStatus, resolve: ({ version }) => version.status }),
    progress: t.float({ description: '0 to 1.', resolve: ({ version }) => version.progress }),
    points: t.field({
      type: [TrainingPoint],
      resolve: ({ version }, _args, { services }) => readTrainingPoints(services.database, version.id),
    }),
    log: t.stringList({
      resolve: async ({ version }, _args, { services }) =>
        (await readTrainingLog(services.database, version.id)).map(({ line }) => line),
    }),
    startedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ version }) => version.startedAt }),
    finishedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ version }) => version.finishedAt }),
    device: t.string({ nullable: true, resolve: ({ version }) => version.device }),
    failure: t.string({ nullable: true, resolve: ({ version }) => version.failure }),
  }),
});

export function trainingRunOf(version: ModelVersionRow): TrainingRunShape {
  return { __typename: 'TrainingRun', version };
}

registerNode('TrainingRun', async (id, context) => {
  requireOperator(context);
  const version = await findModelVersion(context.services.database, id);
  return version && trainingRunOf(version);
});
