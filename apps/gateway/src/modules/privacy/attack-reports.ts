import { type AttackReport as AttackReportRow, type AttackRow, listAttackReports } from '@sotto/database';
import { builder } from '../../builder.ts';
import { costOfList, requireFirst } from '../../paging.ts';

const DEFAULT_FIRST = 10;
/** Attacks of one audit. */
const EXPECTED_ROWS = 10;

const AttackResult = builder.objectRef<AttackRow>('AttackResult').implement({
  fields: (t) => ({
    attack: t.exposeString('attack'),
    target: t.exposeString('target'),
    claimedEpsilon: t.exposeFloat('claimedEpsilon', { nullable: true }),
    empiricalEpsilonLower: t.exposeFloat('empiricalEpsilonLower', {
      nullable: true,
      description: 'What the attack shows the loss to be at least.',
    }),
    passed: t.exposeBoolean('passed'),
  }),
});

const AttackReport = builder.objectRef<AttackReportRow>('AttackReport').implement({
  description: 'What an audit of the promises found.',
  fields: (t) => ({
    id: t.exposeID('id'),
    at: t.expose('at', { type: 'DateTime' }),
    passed: t.exposeBoolean('passed'),
    rows: t.field({
      type: [AttackResult],
      complexity: { field: EXPECTED_ROWS, multiplier: 1 },
      resolve: ({ rows }) => rows,
    }),
  }),
});

builder.queryField('attackReports', (t) =>
  t.field({
    type: [AttackReport],
    authScopes: { analyst: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first.',
    args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }) },
    resolve: (_root, { first }, { services }) =>
      listAttackReports(services.database, { first: requireFirst(first, DEFAULT_FIRST) }),
  }),
);
