import { findCurrentSegmentation, findSegmentation, listSegmentations } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { builder } from '../../builder.ts';
import { costOfList, decodeCursor, encodeCursor, requireFirst } from '../../paging.ts';
import { InvalidInput } from '../errors.ts';
import { idOfType } from '../node.ts';
import { AllowanceExceeded } from '../privacy/allowances.ts';
import { BudgetExhausted } from '../privacy/budget.ts';
import { ASK_COST, pathOf } from '../questions/schema.ts';
import { requestForCaller } from './request.ts';
import { Segmentation, SegmentationConnection, segmentationOf } from './segmentation.ts';

const DEFAULT_FIRST = 20;
const CURSOR_LIST = 'segmentations';

builder.queryFields((t) => ({
  segmentation: t.field({
    type: Segmentation,
    nullable: true,
    authScopes: { analyst: true },
    description: 'By its id; without one the newest that is READY.',
    args: { id: t.arg.id() },
    resolve: async (_root, args, { services: { database } }) => {
      if (args.id == null) {
        const current = await findCurrentSegmentation(database);
        return current ? segmentationOf(current) : null;
      }
      const id = idOfType(['Segmentation'], args.id);
      const row = id === undefined ? undefined : await findSegmentation(database, id);
      return row ? segmentationOf(row) : null;
    },
  }),
  segmentations: t.field({
    type: SegmentationConnection,
    authScopes: { analyst: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first.',
    args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }), after: t.arg.string() },
    resolve: async (_root, { first, after }, { services }) => {
      const page = await listSegmentations(services.database, {
        first: requireFirst(first, DEFAULT_FIRST),
        after: decodeCursor(CURSOR_LIST, after),
      });
      if (!page) throw new AppError('BAD_INPUT', 'after is not a cursor of this list', { path: 'after' });
      return {
        edges: page.segmentations.map((row) => ({
          cursor: encodeCursor(CURSOR_LIST, row.id),
          node: segmentationOf(row),
        })),
        hasNextPage: page.hasNextPage,
        hasPreviousPage: after != null,
      };
    },
  }),
}));

const SegmentationInput = builder.inputType('SegmentationInput', {
  fields: (t) => ({
    segmentCount: t.int({ required: true }),
    epsilon: t.field({ type: 'Decimal', required: true, description: 'What the segmentation costs alone.' }),
    features: t.stringList({ description: 'All when left out.' }),
  }),
});

const RequestSegmentationResult = builder.unionType('RequestSegmentationResult', {
  types: [Segmentation, BudgetExhausted, AllowanceExceeded, InvalidInput],
});

builder.mutationField('requestSegmentation', (t) =>
  t.field({
    type: RequestSegmentationResult,
    authScopes: { analyst: true },
    complexity: ASK_COST,
    description: 'Reserves and charges now, draws in the background. The same again shows what is there, at no cost.',
    args: { input: t.arg({ type: SegmentationInput, required: true }) },
    resolve: (_root, { input }, context, info) => requestForCaller(context, input, pathOf(info)),
  }),
);
