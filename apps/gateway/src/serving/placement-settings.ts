import { AppError, isDecimal } from '@sotto/shop';
import { z } from 'zod';

/**
 * Where candidates come from. A placement names several: the next fills up what the ones before left empty. PERSONAL
 * offers discoveries: it leaves out whatever is among the newest rows of the asker's history, viewed or bought.
 */
export const STRATEGIES = [
  'PERSONAL',
  'RELATED',
  'BOUGHT_TOGETHER',
  'SIMILAR_CONTENT',
  'RECENTLY_VIEWED',
  'BUY_AGAIN',
  'TRENDING',
  'POPULAR',
  'NEW',
  'SEARCH',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

const MAX_PINS = 50;
const MAX_BOOSTS = 50;
const MAX_SKUS = 500;
const MAX_POSITION = 999;
const MAX_DAYS = 3_650;
const MAX_ROTATION_HOURS = 24 * 30;
const MAX_FACTOR = 100;

const decimal = z.string().refine(isDecimal, 'is not a decimal of at most 9 digits and 12 decimals');
const sku = z.string().min(1).max(128);
const skus = z.array(sku).min(1).max(MAX_SKUS);
/** ISO 8601 with an offset; kept as it was written. */
const moment = z.iso.datetime({ offset: true });
const validity = { since: moment.optional(), until: moment.optional() };

const filterSchema = z.strictObject({
  categories: z.array(z.string().min(1).max(200)).max(100).optional(),
  brands: z.array(z.string().min(1).max(200)).max(100).optional(),
  priceMin: decimal.optional(),
  priceMax: decimal.optional(),
});

const isOrdered = ({ since, until }: { since?: string | undefined; until?: string | undefined }) =>
  since === undefined || until === undefined || Date.parse(since) < Date.parse(until);
const ORDERED = { path: ['until'], message: 'is not after since' };

const isTargeted = ({ filter, skus }: { filter?: unknown; skus?: unknown }) =>
  (filter === undefined) !== (skus === undefined);
const TARGETED = { message: 'needs either filter or skus' };

const pinSchema = z
  .strictObject({
    sku,
    /** 0 is the first place. */
    position: z.int().min(0).max(MAX_POSITION),
    ...validity,
  })
  .refine(isOrdered, ORDERED);

const boostSchema = z
  .strictObject({
    filter: filterSchema.optional(),
    skus: skus.optional(),
    /** Above 1 moves up, below 1 down. */
    factor: z.number().positive().max(MAX_FACTOR),
    ...validity,
  })
  .refine(isTargeted, TARGETED)
  .refine(isOrdered, ORDERED);

const promotedSchema = z
  .strictObject({
    filter: filterSchema.optional(),
    skus: skus.optional(),
    /** Of the places: 0.25 gives every fourth one to a promoted product. */
    share: z.number().gt(0).max(1),
    ...validity,
  })
  .refine(isTargeted, TARGETED)
  .refine(isOrdered, ORDERED);

const placementSettingsSchema = z.strictObject({
  strategies: z
    .array(z.enum(STRATEGIES))
    .min(1)
    .max(STRATEGIES.length)
    .refine((chain) => new Set(chain).size === chain.length, 'names a strategy twice'),
  filter: filterSchema.default({}),
  /** For so many days a bought product stays away; 0 = it does not. BUY_AGAIN alone does not mind it. */
  excludePurchasedDays: z.int().min(0).max(MAX_DAYS).default(0),
  /** 0 = by score alone, 1 = as different from each other as can be. */
  diversity: z.number().min(0).max(1).default(0),
  /** How far products shown in the last `rotationHours` move down: 0 = not, 1 = to the end. */
  rotation: z.number().min(0).max(1).default(0),
  rotationHours: z.int().min(1).max(MAX_ROTATION_HOURS).default(24),
  pins: z
    .array(pinSchema)
    .max(MAX_PINS)
    .refine((pins) => new Set(pins.map((pin) => pin.sku)).size === pins.length, 'pins a sku twice')
    .default([]),
  boosts: z.array(boostSchema).max(MAX_BOOSTS).default([]),
  promoted: promotedSchema.optional(),
});

export type PlacementSettings = z.infer<typeof placementSettingsSchema>;
export type PlacementFilter = z.infer<typeof filterSchema>;

/**
 * Parses what an operator sets for a placement; absent fields get their defaults.
 * @throws AppError BAD_INPUT whose path names the field, as `settings.pins[2].until`
 */
export function parsePlacementSettings(value: unknown): PlacementSettings {
  const parsed = placementSettingsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = formatPath(issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path);
  const problem = issue.code === 'unrecognized_keys' ? 'is not a setting' : issue.message;
  throw new AppError('BAD_INPUT', `${path}: ${problem}`, { path });
}

function formatPath(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>(
    (path, segment) => (typeof segment === 'number' ? `${path}[${segment}]` : `${path}.${String(segment)}`),
    'settings',
  );
}

/** True when a pin, boost or promotion is in force. */
export function isInForce(
  { since, until }: { readonly since?: string | undefined; readonly until?: string | undefined },
  nowMs: number,
): boolean {
  return (since === undefined || Date.parse(since) <= nowMs) && (until === undefined || nowMs < Date.parse(until));
}
