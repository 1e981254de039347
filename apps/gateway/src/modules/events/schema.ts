import { listRejections, type RejectionRow } from '@sotto/database';
import { type RecordedEvents, type RejectedEvent as RejectedEventShape, recordEvents } from '@sotto/shop';
import { builder, ErrorCode } from '../../builder.ts';
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
import { Channel, EventType } from '../enums.ts';

const DEFAULT_FIRST = 20;
const CURSOR_LIST = 'rejections';

const EventInput = builder.inputType('EventInput', {
  description:
    "Whose event it is: the token's customer, else the X-Sotto-Visitor header. customerExternalId needs the secret key, else FORBIDDEN unless it is the token's sub.",
  fields: (t) => ({
    eventId: t.id({ required: true, description: "The sender's own; sent again it changes nothing." }),
    type: t.field({ type: EventType, required: true }),
    sku: t.string({ required: true }),
    occurredAt: t.field({ type: 'DateTime', description: 'Now when left out.' }),
    customerExternalId: t.id(),
    quantity: t.int(),
    price: t.field({ type: 'Decimal', description: 'Unit price.' }),
    rating: t.float({ description: '0.5 to 5; required for RATING.' }),
    channel: t.field({ type: Channel }),
    recommendationId: t.id({ description: 'Of the answer that led here.' }),
  }),
});

const RejectedEvent = builder.objectRef<RejectedEventShape>('RejectedEvent').implement({
  fields: (t) => ({
    index: t.exposeInt('index'),
    code: t.expose('code', { type: ErrorCode }),
    message: t.exposeString('message'),
  }),
});

const RecordEventsPayload = builder.objectRef<RecordedEvents>('RecordEventsPayload').implement({
  fields: (t) => ({
    accepted: t.exposeInt('accepted'),
    duplicates: t.exposeInt('duplicates', { description: "Known already by the account's eventId." }),
    rejected: t.field({ type: [RejectedEvent], complexity: COUNTED_BY_FIRST, resolve: ({ rejected }) => rejected }),
  }),
});

builder.mutationField('recordEvents', (t) =>
  t.field({
    type: RecordEventsPayload,
    authScopes: { storefront: true },
    description:
      'Idempotent by eventId; at most 500 a call; each rejected event is returned with its index and reason.',
    args: { events: t.arg({ type: [EventInput], required: true }) },
    resolve: (_root, { events }, { services, caller, requestId }) =>
      recordEvents(
        services.database,
        {
          pseudonymKey: services.keys.pseudonym,
          findProductId: (sku) => services.serving.findProduct(sku)?.id,
          onRejectionsLost: (err) => services.logger.error({ err, requestId }, 'rejections of events were not stored'),
        },
        {
          person: caller.person,
          externalId: caller.customer?.externalId,
          mayWriteForOthers: caller.isSecretKey,
        },
        events,
        services.clock(),
      ),
  }),
);

const RejectionSource = builder.enumType('RejectionSource', {
  values: ['RECORD_EVENTS', 'UPSERT_PRODUCTS', 'IMPORT'] as const,
});

const Rejection = builder.objectRef<RejectionRow>('Rejection').implement({
  description: 'Why an input was refused. The newest 1,000 are kept.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    source: t.expose('source', { type: RejectionSource }),
    code: t.exposeString('code'),
    message: t.exposeString('message'),
    sku: t.exposeString('sku', { nullable: true }),
  }),
});

const RejectionEdge = builder.objectRef<Page<RejectionRow>['edges'][number]>('RejectionEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Rejection }) }),
});

const RejectionConnection = builder.objectRef<Page<RejectionRow>>('RejectionConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [RejectionEdge], complexity: COUNTED_BY_FIRST, resolve: ({ edges }) => edges }),
    pageInfo: t.field({ type: PageInfo, complexity: 0, resolve: pageInfoOf }),
  }),
});

builder.queryField('recentRejections', (t) =>
  t.field({
    type: RejectionConnection,
    authScopes: { operator: true },
    complexity: costOfList(DEFAULT_FIRST),
    description: 'Newest first: what a client sends wrong, without whom it was about.',
    args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }), after: t.arg.string() },
    resolve: async (_root, args, { services }) => {
      const first = requireFirst(args.first, DEFAULT_FIRST);
      const beforeId = decodeCursor(CURSOR_LIST, args.after, /^\d{1,18}$/);
      const rows = await listRejections(services.database, { limit: first + 1, beforeId });
      return {
        edges: rows.slice(0, first).map((row) => ({ cursor: encodeCursor(CURSOR_LIST, row.id), node: row })),
        hasNextPage: rows.length > first,
        hasPreviousPage: args.after != null,
      };
    },
  }),
);
