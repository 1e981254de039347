import { findSegmentation, type Segmentation as SegmentationRow } from '@sotto/database';
import { findReservation } from '@sotto/ledger';
import { readSegments, type SegmentView } from '@sotto/questions';
import { builder, type Typed } from '../../builder.ts';
import type { Context } from '../../context.ts';
import { COUNTED_BY_FIRST, type Page, PageInfo, pageInfoOf } from '../../paging.ts';
import { ModelStatus } from '../models/training-run.ts';
import { encodeNodeId, Node, registerNode, requireAnalyst } from '../node.ts';
import { findStoredRelease, Release, type ReleaseShape, releaseToCome } from '../privacy/release.ts';

/** Of the segments that a segmentation may have. */
const SEGMENTS_COST = { field: 20, multiplier: 1 } as const;

export type SegmentationShape = Typed<'Segmentation'> & { readonly row: SegmentationRow };
type SegmentShape = Typed<'Segment'> & SegmentView & { readonly id: string };

const Segment = builder.objectRef<SegmentShape>('Segment').implement({
  description: 'A group of customers alike. All of it is computed from the released, noisy centres and sizes.',
  interfaces: [Node],
  authScopes: { analyst: true },
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeNodeId('Segment', id) }),
    label: t.exposeString('label'),
    size: t.exposeFloat('size'),
    sizeLower: t.exposeFloat('sizeLower'),
    sizeUpper: t.exposeFloat('sizeUpper'),
    centroid: t.field({ type: 'JSON', description: 'By feature.', resolve: ({ centroid }) => centroid }),
    traits: t.stringList({ resolve: ({ traits }) => [...traits] }),
  }),
});

const ProjectedSegment = builder.objectRef<SegmentShape>('ProjectedSegment').implement({
  description: 'Where a segment lies on a map: segments that are alike lie close.',
  fields: (t) => ({
    segment: t.field({ type: Segment, resolve: (segment) => segment }),
    x: t.exposeFloat('x'),
    y: t.exposeFloat('y'),
  }),
});

export const Segmentation = builder.objectRef<SegmentationShape>('Segmentation').implement({
  interfaces: [Node],
  authScopes: { analyst: true },
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'Segmentation',
  fields: (t) => ({
    id: t.id({ resolve: ({ row }) => encodeNodeId('Segmentation', row.id) }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ row }) => row.createdAt }),
    status: t.field({ type: ModelStatus, resolve: ({ row }) => row.status }),
    segments: t.field({
      type: [Segment],
      complexity: SEGMENTS_COST,
      description: 'None before it is READY.',
      resolve: ({ row }, _args, context) => listSegments(context, row),
    }),
    projection: t.field({
      type: [ProjectedSegment],
      complexity: SEGMENTS_COST,
      resolve: ({ row }, _args, context) => listSegments(context, row),
    }),
    release: t.field({
      type: Release,
      description: 'Until it is READY, what is reserved for it: charged, and without an answer.',
      resolve: ({ row }, _args, context) => requireRelease(context, row),
    }),
    failure: t.string({ nullable: true, resolve: ({ row }) => row.failure }),
  }),
});

export function segmentationOf(row: SegmentationRow): SegmentationShape {
  return { __typename: 'Segmentation', row };
}

async function listSegments(context: Context, row: SegmentationRow): Promise<SegmentShape[]> {
  if (row.status !== 'READY') return [];
  const release = await findStoredRelease(context, row.reservationId);
  if (!release) throw new Error('a segmentation is READY without its release');
  return readSegments(release).map((segment, index) => ({
    __typename: 'Segment',
    ...segment,
    id: `${row.id}.${index}`,
  }));
}

async function requireRelease(context: Context, row: SegmentationRow): Promise<ReleaseShape> {
  const release = await findStoredRelease(context, row.reservationId);
  if (release) return release;
  const reservation = await findReservation(context.services.database, row.reservationId);
  if (!reservation) throw new Error('a segmentation has no reservation');
  return releaseToCome(reservation);
}

registerNode('Segmentation', async (id, context) => {
  requireAnalyst(context);
  const row = await findSegmentation(context.services.database, id);
  return row && segmentationOf(row);
});

registerNode('Segment', async (id, context) => {
  requireAnalyst(context);
  const row = await findSegmentation(context.services.database, id.slice(0, id.indexOf('.')));
  const segments = row ? await listSegments(context, row) : [];
  return segments.find((segment) => segment.id === id);
});

const SegmentationEdge = builder.objectRef<Page<SegmentationShape>['edges'][number]>('SegmentationEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Segmentation }) }),
});

export const SegmentationConnection = builder.objectRef<Page<SegmentationShape>>('SegmentationConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [SegmentationEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
  }),
});
