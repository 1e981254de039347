import { findPlacement, listPlacements, type PlacementRow, upsertPlacement } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { builder, type Typed } from '../../builder.ts';
import { parsePlacementSettings } from '../../serving/placement-settings.ts';
import { encodeNodeId, Node, registerNode, requireOperator } from '../node.ts';
import { refreshServing } from '../stored-change.ts';

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

type PlacementShape = Typed<'Placement'> & PlacementRow;

const Placement = builder.objectRef<PlacementShape>('Placement').implement({
  interfaces: [Node],
  authScopes: { operator: true },
  description:
    'What an operator sets for a named spot: fallback chain, filters, days a bought product stays away, diversity 0..1, rotation, pins and boosts with dates.',
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeNodeId('Placement', id) }),
    name: t.exposeString('name'),
    settings: t.expose('settings', { type: 'JSON' }),
  }),
});

function placementOf(row: PlacementRow): PlacementShape {
  return { __typename: 'Placement', ...row };
}

registerNode('Placement', async (id, context) => {
  requireOperator(context);
  const row = await findPlacement(context.services.database, id);
  return row && placementOf(row);
});

const PlacementInput = builder.inputType('PlacementInput', {
  fields: (t) => ({
    name: t.string({ required: true, description: 'Lower case letters, digits and hyphens.' }),
    settings: t.field({ type: 'JSON', required: true }),
  }),
});

builder.queryField('placements', (t) =>
  t.field({
    type: [Placement],
    authScopes: { operator: true },
    description: 'By name.',
    resolve: async (_root, _args, { services }) => (await listPlacements(services.database)).map(placementOf),
  }),
);

builder.mutationField('upsertPlacement', (t) =>
  t.field({
    type: Placement,
    authScopes: { operator: true },
    description: 'Creates or replaces the placement of that name.',
    args: { input: t.arg({ type: PlacementInput, required: true }) },
    resolve: async (_root, { input: { name, settings } }, context) => {
      if (!NAME.test(name))
        throw new AppError('BAD_INPUT', 'name must be a lower case letter and up to 63 letters, digits and hyphens', {
          path: 'input.name',
        });
      const row = await upsertPlacement(context.services.database, {
        name,
        settings: parsePlacementSettings(settings),
      });
      await refreshServing(context);
      return placementOf(row);
    },
  }),
);
