import {
  BUDGET_PURPOSES,
  findEntry,
  type LedgerEntry as LedgerEntryRow,
  type LedgerFilter as LedgerFilterRow,
  listBudgets,
  listEntries,
} from '@sotto/ledger';
import { AppError } from '@sotto/shop';
import { builder, type Typed } from '../../builder.ts';
import {
  COUNTED_BY_FIRST,
  costOfList,
  decodeCursor,
  encodeCursor,
  type Page,
  PageInfo,
  pageInfoOf,
  requireFirst,
} from '../../paging.ts';
import { encodeNodeId, Node, registerNode, requireAnalyst } from '../node.ts';
import { PrivacyBudget } from './budget.ts';
import { findStoredRelease, Release } from './release.ts';

const DEFAULT_FIRST = 50;
const CURSOR_LIST = 'ledger';
/** A shop has a cohort a month, so ten years of them and a little. */
const EXPECTED_COHORTS = 128;

export const BudgetPurpose = builder.enumType('BudgetPurpose', { values: BUDGET_PURPOSES });

type LedgerEntryShape = Typed<'LedgerEntry'> & LedgerEntryRow;

const LedgerEntry = builder.objectRef<LedgerEntryShape>('LedgerEntry').implement({
  description:
    'One charge of one cohort. Entries are never changed or taken back, and each holds the hash of the last.',
  interfaces: [Node],
  authScopes: { analyst: true },
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeNodeId('LedgerEntry', id) }),
    at: t.expose('at', { type: 'DateTime' }),
    cohort: t.exposeString('cohort'),
    sequence: t.exposeInt('sequence', { description: "From 1 in the cohort's chain, without gaps." }),
    purpose: t.expose('purpose', { type: BudgetPurpose }),
    askedBy: t.exposeString('askedBy'),
    question: t.field({ type: 'JSON', nullable: true, resolve: ({ kind, question }) => ({ kind, ...question }) }),
    mechanism: t.exposeString('mechanism'),
    event: t.field({
      type: 'JSON',
      description: 'What was charged, as an event of accounting.',
      resolve: (e) => e.event,
    }),
    epsilon: t.expose('epsilon', {
      type: 'Decimal',
      description: 'The rise of cumulativeEpsilon that this entry caused: depends on the order, does not add up.',
    }),
    cumulativeEpsilon: t.expose('cumulativeEpsilon', { type: 'Decimal' }),
    release: t.field({
      type: Release,
      nullable: true,
      description: 'Null until the answer is stored, and for ever if whoever drew it died: it stays charged.',
      resolve: async ({ releaseId }, _args, context) =>
        releaseId === null ? null : ((await findStoredRelease(context, releaseId)) ?? null),
    }),
    hash: t.exposeString('hash'),
    previousHash: t.exposeString('previousHash'),
  }),
});

registerNode('LedgerEntry', async (id, context) => {
  requireAnalyst(context);
  const entry = await findEntry(context.services.database, id);
  return entry && ledgerEntryOf(entry);
});

function ledgerEntryOf(entry: LedgerEntryRow): LedgerEntryShape {
  return { __typename: 'LedgerEntry', ...entry };
}

const LedgerEntryEdge = builder.objectRef<Page<LedgerEntryShape>['edges'][number]>('LedgerEntryEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: LedgerEntry }) }),
});

const LedgerEntryConnection = builder.objectRef<Page<LedgerEntryShape>>('LedgerEntryConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [LedgerEntryEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
  }),
});

const LedgerFilter = builder.inputType('LedgerFilter', {
  fields: (t) => ({
    cohort: t.string({ description: 'A month, as 2026-01.' }),
    purpose: t.field({ type: BudgetPurpose }),
    askedBy: t.string(),
    since: t.field({ type: 'DateTime' }),
    until: t.field({ type: 'DateTime', description: 'Before this.' }),
  }),
});

const COHORT = /^\d{4}-(0[1-9]|1[0-2])$/;
const MAX_NAME_LENGTH = 200;
/** What PostgreSQL cannot hold. */
const UNSTORABLE = /\p{Surrogate}|\0/u;

function parseFilter(filter: typeof LedgerFilter.$inferInput | null | undefined): LedgerFilterRow {
  const { cohort, purpose, askedBy, since, until } = filter ?? {};
  if (cohort != null && !COHORT.test(cohort))
    throw new AppError('BAD_INPUT', 'cohort must be a month such as 2026-01', { path: 'filter.cohort' });
  if (askedBy != null && (askedBy.length > MAX_NAME_LENGTH || UNSTORABLE.test(askedBy)))
    throw new AppError('BAD_INPUT', 'askedBy must be a name as the ledger shows it', { path: 'filter.askedBy' });
  return {
    cohort: cohort ?? undefined,
    purpose: purpose ?? undefined,
    askedBy: askedBy ?? undefined,
    since: since ?? undefined,
    until: until ?? undefined,
  };
}

builder.queryFields((t) => ({
  privacyBudgets: t.field({
    type: [PrivacyBudget],
    authScopes: { analyst: true },
    complexity: { field: EXPECTED_COHORTS, multiplier: 1 },
    description: 'Of every cohort that is open, oldest first. The first release of a shop opens them.',
    resolve: (_root, _args, { services }) => listBudgets(services.database),
  }),
  privacyLedger: t.field({
    type: LedgerEntryConnection,
    authScopes: { analyst: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first.',
    args: {
      first: t.arg.int({ defaultValue: DEFAULT_FIRST }),
      after: t.arg.string(),
      filter: t.arg({ type: LedgerFilter }),
    },
    resolve: async (_root, { first, after, filter }, { services }) => {
      const page = await listEntries(services.database, {
        first: requireFirst(first, DEFAULT_FIRST),
        after: decodeCursor(CURSOR_LIST, after),
        filter: parseFilter(filter),
      });
      if (!page) throw new AppError('BAD_INPUT', 'after is not a cursor of this list', { path: 'after' });
      return {
        edges: page.entries.map((entry) => ({
          cursor: encodeCursor(CURSOR_LIST, entry.id),
          node: ledgerEntryOf(entry),
        })),
        hasNextPage: page.hasNextPage,
        hasPreviousPage: after != null,
      };
    },
  }),
}));
