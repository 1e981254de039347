import {
  findModelVersion,
  type ModelMetric,
  type ModelVersion as ModelVersionRow,
  readModelMetrics,
} from '@sotto/database';
import { builder, type Typed } from '../../builder.ts';
import { COUNTED_BY_FIRST, type Page, PageInfo, pageInfoOf } from '../../paging.ts';
import { encodeNodeId, Node, registerNode } from '../node.ts';
import { ModelStatus, TrainingRun, trainingRunOf } from './training-run.ts';

/** One trained artifact. */
export type ModelVersionShape = Typed<'ModelVersion'> & { readonly version: ModelVersionRow };

const ModelPrivacyLevel = builder.enumType('ModelPrivacyLevel', { values: ['NONE', 'DIFFERENTIAL'] as const });

const ModelPrivacy = builder.objectRef<ModelVersionRow>('ModelPrivacy').implement({
  description: 'What bounds how much a model can tell about one customer. NONE: nothing does.',
  fields: (t) => ({
    level: t.field({ type: ModelPrivacyLevel, resolve: ({ privacyLevel }) => privacyLevel }),
    epsilon: t.expose('epsilon', {
      type: 'Decimal',
      nullable: true,
      description: 'What the releases that it was computed from cost together, at delta; null before it is trained.',
    }),
    delta: t.expose('delta', { type: 'Decimal', nullable: true }),
  }),
});

const Metric = builder.objectRef<ModelMetric>('Metric').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    value: t.exposeFloat('value'),
    lower: t.exposeFloat('lower', { nullable: true }),
    upper: t.exposeFloat('upper', { nullable: true }),
  }),
});

/** A storefront sees which model answered; how it was trained is the shop's own business. */
const SHOP_ONLY = { authScopes: { operator: true } } as const;

export const ModelVersion = builder.objectRef<ModelVersionShape>('ModelVersion').implement({
  interfaces: [Node],
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'ModelVersion',
  fields: (t) => ({
    id: t.id({ resolve: ({ version }) => encodeNodeId('ModelVersion', version.id) }),
    algorithm: t.string({ resolve: ({ version }) => version.algorithm }),
    status: t.field({ type: ModelStatus, resolve: ({ version }) => version.status }),
    privacy: t.field({ type: ModelPrivacy, resolve: ({ version }) => version }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ version }) => version.createdAt }),
    activatedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ version }) => version.activatedAt }),
    metrics: t.field({
      ...SHOP_ONLY,
      type: [Metric],
      resolve: ({ version }, _args, { services }) => readModelMetrics(services.database, version.id),
    }),
    trainingRun: t.field({
      ...SHOP_ONLY,
      type: TrainingRun,
      nullable: true,
      resolve: ({ version }) => trainingRunOf(version),
    }),
    device: t.string({ ...SHOP_ONLY, nullable: true, resolve: ({ version }) => version.device }),
  }),
});

export function modelVersionOf(version: ModelVersionRow): ModelVersionShape {
  return { __typename: 'ModelVersion', version };
}

registerNode('ModelVersion', async (id, context) => {
  const version = await findModelVersion(context.services.database, id);
  return version && modelVersionOf(version);
});

const ModelVersionEdge = builder.objectRef<Page<ModelVersionShape>['edges'][number]>('ModelVersionEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: ModelVersion }) }),
});

export const ModelVersionConnection = builder.objectRef<Page<ModelVersionShape>>('ModelVersionConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [ModelVersionEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
  }),
});
