import { listRefusals, type RefusedAsk as RefusedAskRow } from '@sotto/ledger';
import { builder } from '../../builder.ts';
import { costOfList, requireFirst } from '../../paging.ts';
import { BudgetPurpose } from './ledger.ts';

const DEFAULT_FIRST = 20;

const RefusedAsk = builder.objectRef<RefusedAskRow>('RefusedAsk').implement({
  description: 'An ask that was refused before anything was read or charged.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    askedBy: t.exposeString('askedBy'),
    purpose: t.expose('purpose', { type: BudgetPurpose, nullable: true }),
    code: t.exposeString('code'),
    parameter: t.exposeString('parameter', { nullable: true, description: 'The one that was refused, if one was.' }),
    question: t.field({ type: 'JSON', nullable: true, resolve: ({ question }) => question }),
  }),
});

builder.queryField('refusedAsks', (t) =>
  t.field({
    type: [RefusedAsk],
    authScopes: { analyst: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first.',
    args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }) },
    resolve: (_root, { first }, { services }) =>
      listRefusals(services.database, { first: requireFirst(first, DEFAULT_FIRST) }),
  }),
);
