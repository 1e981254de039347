import {
  AppError,
  type Consent as ConsentShape,
  findCustomerId,
  identifyVisitor,
  listOwnInteractions,
  type OwnInteraction,
  type Person,
  PURPOSES,
  readConsents,
  updateConsent,
} from '@sotto/shop';
import { builder, type Typed } from '../../builder.ts';
import { requirePerson } from '../../context.ts';
import { costOfList, requireFirst } from '../../paging.ts';
import type { CatalogueProduct } from '../../serving/types.ts';
import { findVisibleById, Product } from '../catalogue/product.ts';
import { Channel, EventType } from '../enums.ts';
import { encodeNodeId, Node, registerNode } from '../node.ts';
import { PrivacyPassport, passportOf } from '../privacy/passport.ts';

const DEFAULT_FIRST = 20;

const Purpose = builder.enumType('Purpose', { values: PURPOSES });

const Consent = builder.objectRef<ConsentShape>('Consent').implement({
  description: 'The latest word on one purpose.',
  fields: (t) => ({
    purpose: t.expose('purpose', { type: Purpose }),
    isGranted: t.exposeBoolean('isGranted'),
    changedAt: t.expose('changedAt', { type: 'DateTime' }),
    source: t.exposeString('source', { description: 'CUSTOMER, GPC, IMPORT or IDENTIFY.' }),
  }),
});

/** Only ever the caller's own account. */
type CustomerShape = Typed<'Customer'> & { readonly id: string; readonly person: Person };

const Customer = builder.objectRef<CustomerShape>('Customer').implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeNodeId('Customer', id) }),
    consents: t.field({
      type: [Consent],
      resolve: ({ person }, _args, { services }) => readConsents(services.database, person),
    }),
    privacy: t.field({
      type: PrivacyPassport,
      resolve: ({ person }, _args, { services }) => passportOf(services, person),
    }),
  }),
});

registerNode('Customer', async (id, { services, caller }) => {
  const { person } = caller;
  if (person?.kind !== 'customer') return undefined;
  const ownId = await findCustomerId(services.database.pool, person);
  return ownId === id ? { __typename: 'Customer', id, person } : undefined;
});

const Interaction = builder
  .objectRef<OwnInteraction & { readonly product: CatalogueProduct }>('Interaction')
  .implement({
    fields: (t) => ({
      type: t.expose('type', { type: EventType }),
      product: t.expose('product', { type: Product }),
      at: t.expose('at', { type: 'DateTime' }),
      channel: t.expose('channel', { type: Channel, nullable: true }),
      quantity: t.exposeInt('quantity', { nullable: true }),
      price: t.expose('price', { type: 'Decimal', nullable: true }),
    }),
  });

const Viewer = builder.objectRef<{ readonly person: Person }>('Viewer').implement({
  description: 'The customer of the token, or the anonymous visitor.',
  fields: (t) => ({
    customer: t.field({
      type: Customer,
      nullable: true,
      description: 'Null for an anonymous visitor, and for a customer of whom nothing is stored yet.',
      resolve: async ({ person }, _args, { services }) => {
        const id = person.kind === 'customer' ? await findCustomerId(services.database.pool, person) : undefined;
        return id === undefined ? null : { __typename: 'Customer' as const, id, person };
      },
    }),
    consents: t.field({
      type: [Consent],
      resolve: ({ person }, _args, { services }) => readConsents(services.database, person),
    }),
    privacy: t.field({
      type: PrivacyPassport,
      resolve: ({ person }, _args, { services }) => passportOf(services, person),
    }),
    recentInteractions: t.field({
      type: [Interaction],
      complexity: costOfList(DEFAULT_FIRST),
      description: 'Newest first; those with products that are sold no more are left out.',
      args: { first: t.arg.int({ defaultValue: DEFAULT_FIRST }) },
      resolve: async ({ person }, { first }, context) => {
        const limit = requireFirst(first, DEFAULT_FIRST);
        const interactions = await listOwnInteractions(context.services.database, person, limit);
        return interactions.flatMap((interaction) => {
          const product = findVisibleById(context, interaction.productId);
          return product ? [{ ...interaction, product }] : [];
        });
      },
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    authScopes: { storefront: true },
    description: 'Null when the request has neither a customer token nor a visitor id.',
    resolve: (_root, _args, { caller: { person } }) => (person ? { person } : null),
  }),
);

const ConsentInput = builder.inputType('ConsentInput', {
  fields: (t) => ({
    purpose: t.field({ type: Purpose, required: true }),
    isGranted: t.boolean({ required: true }),
  }),
});

const ConsentPayload = builder
  .objectRef<{ readonly consents: readonly ConsentShape[] }>('ConsentPayload')
  .implement({ fields: (t) => ({ consents: t.field({ type: [Consent], resolve: ({ consents }) => consents }) }) });

const IdentifyPayload = builder
  .objectRef<{ readonly customer: CustomerShape; readonly mergedInteractions: boolean }>('IdentifyPayload')
  .implement({
    fields: (t) => ({
      customer: t.expose('customer', { type: Customer }),
      mergedInteractions: t.exposeBoolean('mergedInteractions'),
    }),
  });

builder.mutationFields((t) => ({
  updateConsent: t.field({
    type: ConsentPayload,
    authScopes: { storefront: true },
    description: 'What the customer of the token, or the visitor, allows. It stands although Sec-GPC: 1 keeps coming.',
    args: { input: t.arg({ type: ConsentInput, required: true }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      consents: await updateConsent(
        services.database,
        requirePerson(caller),
        input,
        services.clock(),
        caller.isGpc ? services.gpcPolicy : undefined,
      ),
    }),
  }),
  identify: t.field({
    type: IdentifyPayload,
    authScopes: { storefront: true },
    description:
      "The visitor of the header becomes the customer of the token, once; interactions move with them, and so does what the visitor said of consent: a refusal that came after the customer's own word, a grant only where the customer never spoke. The visitor id is anonymous and without consent afterwards. After a logout make a new one: the next customer on this device cannot become what this visitor became.",
    resolve: async (_root, _args, { services, caller }) => {
      const { customer, visitorHash } = caller;
      if (!customer || !visitorHash)
        throw new AppError('UNAUTHENTICATED', 'identify needs both a customer token and the X-Sotto-Visitor header');
      const { externalIdHash } = customer;
      const identified = await identifyVisitor(services.database, { visitorHash, externalIdHash }, services.clock());
      services.objections.forget({ kind: 'visitor', visitorHash });
      const person: Person = { kind: 'customer', externalIdHash };
      return {
        customer: { __typename: 'Customer' as const, id: identified.customerId, person },
        mergedInteractions: identified.mergedInteractions,
      };
    },
  }),
}));
