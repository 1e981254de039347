import { type Database, insertMissingPlacements } from '@sotto/database';
import { type PlacementSettings, parsePlacementSettings } from './placement-settings.ts';

/** The placements that every shop has from the start, by name; an operator may change each. */
export const defaultPlacements: Readonly<Record<string, PlacementSettings>> = {
  home: parsePlacementSettings({
    strategies: ['PERSONAL', 'TRENDING', 'POPULAR', 'NEW'],
    excludePurchasedDays: 90,
    diversity: 0.2,
  }),
  product: parsePlacementSettings({
    strategies: ['RELATED', 'SIMILAR_CONTENT', 'POPULAR', 'NEW'],
    excludePurchasedDays: 30,
  }),
  cart: parsePlacementSettings({
    strategies: ['BOUGHT_TOGETHER', 'RELATED', 'SIMILAR_CONTENT', 'POPULAR', 'NEW'],
    excludePurchasedDays: 30,
  }),
  // No fallback: a shelf of this name may hold nothing else.
  'recently-viewed': parsePlacementSettings({ strategies: ['RECENTLY_VIEWED'], excludePurchasedDays: 30 }),
  // The one shelf for what was bought.
  'buy-again': parsePlacementSettings({ strategies: ['BUY_AGAIN'] }),
  trending: parsePlacementSettings({
    strategies: ['TRENDING', 'POPULAR', 'NEW'],
    excludePurchasedDays: 30,
    diversity: 0.2,
  }),
  search: parsePlacementSettings({ strategies: ['SEARCH'], excludePurchasedDays: 30 }),
};

/** Creates those that are missing; one that an operator edited stays. */
export async function ensureDefaultPlacements(database: Pick<Database, 'pool'>): Promise<void> {
  const placements = Object.entries(defaultPlacements).map(([name, settings]) => ({ name, settings }));
  await insertMissingPlacements(database, placements);
}
