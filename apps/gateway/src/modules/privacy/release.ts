import {
  findRelease,
  listReleases,
  type Release as ReleaseRecord,
  type ReleaseRow as ReleaseRowRecord,
  type Reservation,
} from '@sotto/ledger';
import { AppError } from '@sotto/shop';
import { builder, type Typed } from '../../builder.ts';
import type { Context } from '../../context.ts';
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

const DEFAULT_FIRST = 20;
const CURSOR_LIST = 'releases';
/** Rows are small, and there may be some thousand of them. */
const ROWS_COST = 10;

export type ReleaseShape = Typed<'Release'> & Omit<ReleaseRecord, 'windowEnd'> & { readonly isComplete: boolean };

const ReleaseRow = builder.objectRef<ReleaseRowRecord>('ReleaseRow').implement({
  description: 'One released value with the interval, at 95 %, of the noise in it.',
  fields: (t) => ({
    key: t.exposeString('key'),
    value: t.exposeFloat('value', { nullable: true }),
    lower: t.exposeFloat('lower', { nullable: true }),
    upper: t.exposeFloat('upper', { nullable: true }),
    isSuppressed: t.exposeBoolean('isSuppressed', {
      description: 'Whether the noise leaves nothing that could be said.',
    }),
  }),
});

export const Release = builder.objectRef<ReleaseShape>('Release').implement({
  description: 'A stored noisy answer. The same question asked again is answered with it, at no cost.',
  interfaces: [Node],
  authScopes: { analyst: true },
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'Release',
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeNodeId('Release', id) }),
    question: t.field({
      type: 'JSON',
      description: 'As it was understood: kind, and what it says once all defaults are filled in.',
      resolve: ({ kind, question }) => ({ kind, ...question }),
    }),
    answer: t.field({ type: 'JSON', resolve: ({ answer }) => answer }),
    rows: t.field({
      type: [ReleaseRow],
      complexity: { field: ROWS_COST, multiplier: 1 },
      description: 'One row a value: key, value, lower, upper, isSuppressed.',
      resolve: ({ rows }) => [...rows],
    }),
    epsilon: t.expose('epsilon', { type: 'Decimal', description: 'What it costs alone, at delta.' }),
    delta: t.expose('delta', { type: 'Decimal' }),
    mechanism: t.exposeString('mechanism'),
    noiseScale: t.exposeFloat('noiseScale', {
      description: "Standard deviation of the noise on one released value, in the value's units.",
    }),
    isReplay: t.exposeBoolean('isReplay', { description: 'Whether it was stored before it was asked for: it cost 0.' }),
    isComplete: t.exposeBoolean('isComplete', {
      description:
        'False while it is reserved and charged, and not drawn yet: then it has no rows, and releasedAt is when it was reserved.',
    }),
    releasedAt: t.expose('releasedAt', { type: 'DateTime' }),
    cohorts: t.stringList({ resolve: ({ cohorts }) => [...cohorts] }),
    excludedCohorts: t.stringList({
      description: 'Those that could not pay and are not in the answer.',
      resolve: ({ excludedCohorts }) => [...excludedCohorts],
    }),
  }),
});

export function releaseOf(release: ReleaseRecord): ReleaseShape {
  return { __typename: 'Release', isComplete: true, ...release };
}

/** What is charged for already, and has no answer yet. */
export function releaseToCome({ reservedAt, ...reservation }: Reservation): ReleaseShape {
  return {
    __typename: 'Release',
    ...reservation,
    answer: {},
    rows: [],
    isReplay: false,
    isComplete: false,
    releasedAt: reservedAt,
  };
}

const found = new WeakMap<Context, Map<string, Promise<ReleaseRecord | undefined>>>();

/** Entries of several cohorts name one release: it is read once a request. */
export async function findStoredRelease(context: Context, id: string): Promise<ReleaseShape | undefined> {
  const known = found.get(context) ?? new Map<string, Promise<ReleaseRecord | undefined>>();
  found.set(context, known);
  const release = known.get(id) ?? findRelease(context.services.database, id);
  known.set(id, release);
  const record = await release;
  return record && releaseOf(record);
}

registerNode('Release', (id, context) => {
  requireAnalyst(context);
  return findStoredRelease(context, id);
});

const ReleaseEdge = builder.objectRef<Page<ReleaseShape>['edges'][number]>('ReleaseEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Release }) }),
});

const ReleaseConnection = builder.objectRef<Page<ReleaseShape>>('ReleaseConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [ReleaseEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
  }),
});

builder.queryField('releases', (t) =>
  t.field({
    type: ReleaseConnection,
    authScopes: { analyst: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first.',
    args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }), after: t.arg.string() },
    resolve: async (_root, { first, after }, { services }) => {
      const page = await listReleases(services.database, {
        first: requireFirst(first, DEFAULT_FIRST),
        after: decodeCursor(CURSOR_LIST, after),
      });
      if (!page) throw new AppError('BAD_INPUT', 'after is not a cursor of this list', { path: 'after' });
      return {
        edges: page.releases.map((release) => ({
          cursor: encodeCursor(CURSOR_LIST, release.id),
          node: releaseOf(release),
        })),
        hasNextPage: page.hasNextPage,
        hasPreviousPage: after != null,
      };
    },
  }),
);
