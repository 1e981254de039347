import { describe, expect, it } from 'vitest';
import { defaultPlacements } from './default-placements.ts';
import { isInForce, parsePlacementSettings } from './placement-settings.ts';

const MINIMAL = { strategies: ['POPULAR'] };
const FIRST = '2026-01-01T00:00:00Z';
const LATER = '2026-02-01T00:00:00+01:00';

it('fills in what is absent', () => {
  expect(parsePlacementSettings(MINIMAL)).toEqual({
    strategies: ['POPULAR'],
    filter: {},
    excludePurchasedDays: 0,
    diversity: 0,
    rotation: 0,
    rotationHours: 24,
    pins: [],
    boosts: [],
  });
});

it('gives back what it gave, so that settings can be read, changed and written', () => {
  const settings = parsePlacementSettings({
    strategies: ['PERSONAL', 'NEW'],
    pins: [{ sku: 'a', position: 3, since: FIRST, until: LATER }],
    boosts: [{ filter: { brands: ['b'] }, factor: 2 }],
    promoted: { skus: ['c'], share: 0.25 },
  });
  expect(parsePlacementSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  for (const settings of Object.values(defaultPlacements)) expect(parsePlacementSettings(settings)).toEqual(settings);
});

it.each([
  [null, 'settings'],
  [{}, 'settings.strategies'],
  [{ strategies: [] }, 'settings.strategies'],
  [{ strategies: ['POPULAR', 'MAGIC'] }, 'settings.strategies[1]'],
  [{ strategies: ['POPULAR', 'POPULAR'] }, 'settings.strategies'],
  [{ ...MINIMAL, diversty: 1 }, 'settings.diversty'],
  [{ ...MINIMAL, diversity: 1.1 }, 'settings.diversity'],
  [{ ...MINIMAL, diversity: Number.NaN }, 'settings.diversity'],
  [{ ...MINIMAL, rotation: '0.5' }, 'settings.rotation'],
  [{ ...MINIMAL, excludePurchasedDays: -1 }, 'settings.excludePurchasedDays'],
  [{ ...MINIMAL, excludePurchasedDays: 1.5 }, 'settings.excludePurchasedDays'],
  [{ ...MINIMAL, filter: { priceMin: 5 } }, 'settings.filter.priceMin'],
  [{ ...MINIMAL, filter: { priceMax: '1e3' } }, 'settings.filter.priceMax'],
  [{ ...MINIMAL, pins: [{ sku: 'a', position: -1 }] }, 'settings.pins[0].position'],
  [{ ...MINIMAL, pins: [{ sku: 'a', position: 0, since: 'soon' }] }, 'settings.pins[0].since'],
  [{ ...MINIMAL, pins: [{ sku: 'a', position: 0, since: LATER, until: FIRST }] }, 'settings.pins[0].until'],
  [{ ...MINIMAL, boosts: [{ factor: 2 }] }, 'settings.boosts[0]'],
  [{ ...MINIMAL, boosts: [{ skus: ['a'], factor: 0 }] }, 'settings.boosts[0].factor'],
  [{ ...MINIMAL, promoted: { skus: ['a'], filter: {}, share: 0.5 } }, 'settings.promoted'],
  [{ ...MINIMAL, promoted: { skus: ['a'], share: 0 } }, 'settings.promoted.share'],
])('names the field that is wrong in %j', (value, path) => {
  expect(() => parsePlacementSettings(value)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', path }));
});

describe('a span of time', () => {
  it('begins with since and ends before until', () => {
    const span = { since: FIRST, until: LATER };
    expect([-1, 0].map((ms) => isInForce(span, Date.parse(FIRST) + ms))).toEqual([false, true]);
    expect([-1, 0].map((ms) => isInForce(span, Date.parse(LATER) + ms))).toEqual([true, false]);
    expect(isInForce({}, 0)).toBe(true);
  });
});
