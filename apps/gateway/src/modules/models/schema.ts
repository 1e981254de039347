import {
  activateModel,
  cancelTraining,
  findModelVersion,
  listModelVersions,
  readSetting,
  trainingSchedule,
  writeSetting,
} from '@sotto/database';
import { AppError } from '@sotto/shop';
import { builder } from '../../builder.ts';
import { costOfList, decodeCursor, encodeCursor, requireFirst } from '../../paging.ts';
import { Conflict, conflict, InvalidInput, NotFound, notFound } from '../errors.ts';
import { idOfType } from '../node.ts';
import { AllowanceExceeded } from '../privacy/allowances.ts';
import { BudgetExhausted } from '../privacy/budget.ts';
import { pathOf } from '../questions/schema.ts';
import { refreshServing } from '../stored-change.ts';
import { ModelVersion, ModelVersionConnection, modelVersionOf } from './model-version.ts';
import { requestForCaller } from './request-training.ts';
import { TrainingRun, trainingRunOf } from './training-run.ts';
import { storeTrainingSchedule, TrainingSchedule, trainingScheduleOf } from './training-schedule.ts';

const DEFAULT_FIRST = 20;
const CURSOR_LIST = 'model-versions';
/** A version and its run are two views of one row, so either id names it. */
const SAME_ROW = ['ModelVersion', 'TrainingRun'];

builder.queryFields((t) => ({
  modelVersions: t.field({
    type: ModelVersionConnection,
    authScopes: { operator: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first.',
    args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }), after: t.arg.string() },
    resolve: async (_root, { first, after }, { services }) => {
      const page = await listModelVersions(services.database, {
        first: requireFirst(first, DEFAULT_FIRST),
        after: decodeCursor(CURSOR_LIST, after),
      });
      if (!page) throw new AppError('BAD_INPUT', 'after is not a cursor of this list', { path: 'after' });
      return {
        edges: page.versions.map((version) => ({
          cursor: encodeCursor(CURSOR_LIST, version.id),
          node: modelVersionOf(version),
        })),
        hasNextPage: page.hasNextPage,
        hasPreviousPage: after != null,
      };
    },
  }),
  trainingRun: t.field({
    type: TrainingRun,
    nullable: true,
    authScopes: { operator: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, args, { services }) => {
      const id = idOfType(SAME_ROW, args.id);
      const version = id === undefined ? undefined : await findModelVersion(services.database, id);
      return version ? trainingRunOf(version) : null;
    },
  }),
  trainingSchedule: t.field({
    type: TrainingSchedule,
    nullable: true,
    authScopes: { operator: true },
    description: 'When a model is trained and activated by itself; null: never.',
    resolve: async (_root, _args, { services }) => {
      const schedule = await readSetting(services.database, trainingSchedule);
      return schedule ? trainingScheduleOf(schedule) : null;
    },
  }),
}));

const TrainingInput = builder.inputType('TrainingInput', {
  fields: (t) => ({
    algorithm: t.string({ required: true }),
    hyperparameters: t.field({ type: 'JSON' }),
    epsilon: t.field({
      type: 'Decimal',
      description:
        "What the private model's own release may cost, alone, at the budgets' delta. Left out: it learns from stored releases alone, which costs nothing more.",
    }),
    withoutPrivacy: t.boolean({
      defaultValue: false,
      description: 'Needs an operator; the model is marked NONE everywhere.',
    }),
  }),
});

const TrainingScheduleInput = builder.inputType('TrainingScheduleInput', {
  fields: (t) => ({
    cron: t.string({
      required: true,
      description: 'Minute, hour, day of month, month, day of week; numbers, UTC: 0 3 * * * is every night at three.',
    }),
    algorithm: t.string({ required: true }),
    hyperparameters: t.field({ type: 'JSON' }),
    epsilon: t.field({ type: 'Decimal', description: 'Of each run, as in TrainingInput.' }),
    withoutPrivacy: t.boolean({ defaultValue: false, description: 'As in TrainingInput.' }),
  }),
});

const RequestTrainingResult = builder.unionType('RequestTrainingResult', {
  types: [TrainingRun, BudgetExhausted, AllowanceExceeded, InvalidInput],
});
const CancelTrainingResult = builder.unionType('CancelTrainingResult', { types: [TrainingRun, NotFound, Conflict] });
const ActivateModelResult = builder.unionType('ActivateModelResult', { types: [ModelVersion, NotFound, Conflict] });
const SetTrainingScheduleResult = builder.unionType('SetTrainingScheduleResult', {
  types: [TrainingSchedule, InvalidInput],
});

builder.mutationFields((t) => ({
  requestTraining: t.field({
    type: RequestTrainingResult,
    authScopes: { operator: true },
    description: 'Private by default: a model without privacy is trained only when withoutPrivacy says so.',
    args: { input: t.arg({ type: TrainingInput, required: true }) },
    resolve: (_root, { input }, context, info) => requestForCaller(context, input, pathOf(info)),
  }),
  cancelTraining: t.field({
    type: CancelTrainingResult,
    authScopes: { operator: true },
    description: 'By the id of the run or of its model version. A run that trains stops within about a second.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, args, { services }) => {
      const id = idOfType(SAME_ROW, args.id);
      const result = id === undefined ? undefined : await cancelTraining(services.database, id);
      if (!result || result.kind === 'not-found') return notFound('there is no such training run');
      if (result.kind === 'conflict') return conflict(`the training run is over: ${result.run.status}`);
      services.modelVersions.forgetAll();
      return trainingRunOf(result.run);
    },
  }),
  activateModel: t.field({
    type: ActivateModelResult,
    authScopes: { operator: true },
    description: 'By the id of the model version or of its run. A rollback is the activation of an earlier one.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, args, context) => {
      const { services } = context;
      const id = idOfType(SAME_ROW, args.id);
      const result = id === undefined ? undefined : await activateModel(services.database, id);
      if (!result || result.kind === 'not-found') return notFound('there is no such model version');
      if (result.kind === 'conflict') return conflict(result.message);
      services.modelVersions.forgetAll();
      await refreshServing(context);
      return modelVersionOf(result.version);
    },
  }),
  setTrainingSchedule: t.field({
    type: SetTrainingScheduleResult,
    nullable: true,
    authScopes: { operator: true },
    description: 'null takes the schedule back.',
    args: { input: t.arg({ type: TrainingScheduleInput }) },
    resolve: async (_root, { input }, { services }) => {
      if (input) return storeTrainingSchedule(services, input);
      await writeSetting(services.database, trainingSchedule, null);
      return null;
    },
  }),
}));
