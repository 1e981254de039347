import { z } from 'zod';
import type { QuestionKind } from '../question-kinds.ts';
import { daySchema } from './day.ts';
import { EVENT_TYPES, filterSchema } from './filter.ts';

/** More keys would be a table that nobody reads, and a release that takes minutes to draw. */
export const MAX_KEYS = 10_000;
/** Far above what one account buys; sums of all accounts stay whole numbers that a double holds. */
export const MAX_CONTRIBUTION = 1_000_000_000;
export const MAX_RETENTION_PERIODS = 36;
export const MAX_SEGMENTS = 20;

/** Revenue is in hundredths of the shop's currency, quantities in units, ratings in hundredths of a star: whole numbers. */
export const MEASURES = ['ACCOUNTS', 'INTERACTIONS', 'QUANTITY', 'REVENUE'] as const;
export type Measure = (typeof MEASURES)[number];
export const DIMENSIONS = ['SKU', 'CATEGORY', 'BRAND', 'COUNTRY', 'CHANNEL', 'EVENT_TYPE', 'WEEKDAY', 'HOUR'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export const INTERVALS = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;
export type Interval = (typeof INTERVALS)[number];
export const SEGMENT_FEATURE_NAMES = ['recency', 'frequency', 'spend', 'category', 'hour', 'channel'] as const;
export type SegmentFeatureName = (typeof SEGMENT_FEATURE_NAMES)[number];

const contribution = (description: string) => z.int().min(1).max(MAX_CONTRIBUTION).meta({ description });
const keys = z.int().min(1).max(MAX_KEYS).meta({ description: 'At most so many keys of one account are counted.' });
const measureOf = <const Given extends readonly Measure[]>(...measures: Given) => z.enum(measures);
const filter = filterSchema.nullish();
const level = z
  .int()
  .min(1)
  .max(20)
  .nullish()
  .meta({ description: 'Level of the category tree, 1 (the default) the top.' });
const perKey = contribution('At most so much of one account in one key: what is above is cut off.');
const whole = z.int().min(0).max(MAX_CONTRIBUTION);

/** Counting accounts needs no bound on a key, since an account is one; everything else does. */
function keyed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.discriminatedUnion('measure', [
    z.strictObject({ ...shape, measure: z.literal('ACCOUNTS'), maxKeysPerAccount: keys }),
    z.strictObject({
      ...shape,
      measure: measureOf('INTERACTIONS', 'QUANTITY', 'REVENUE'),
      maxKeysPerAccount: keys,
      maximumPerKey: perKey,
    }),
  ]);
}

const perAccountTotal = contribution('At most so much of one account: what is above is cut off.');

/** What is valid in a spec, by kind. No bound, no release: every bound is asked for by name and has no default. */
export const specSchemas = {
  COUNT: z.discriminatedUnion('of', [
    z.strictObject({ of: z.literal('ACCOUNTS'), filter }),
    z.strictObject({ of: z.literal('INTERACTIONS'), maximumPerAccount: perAccountTotal, filter }),
  ]),
  SUM: z.strictObject({ measure: measureOf('QUANTITY', 'REVENUE'), maximumPerAccount: perAccountTotal, filter }),
  MEAN: z.discriminatedUnion('per', [
    z.strictObject({
      per: z.literal('ACCOUNT'),
      measure: measureOf('INTERACTIONS', 'QUANTITY', 'REVENUE'),
      minimum: whole.meta({ description: "An account's total below it counts as it." }),
      maximum: whole.meta({ description: "An account's total above it counts as it." }),
      filter,
    }),
    z.strictObject({
      per: z.literal('INTERACTION'),
      measure: z.enum(['QUANTITY', 'REVENUE', 'RATING']),
      minimum: whole,
      maximum: whole,
      maxInteractionsPerAccount: z.int().min(1).max(MAX_KEYS),
      filter,
    }),
  ]),
  QUANTILE: z.strictObject({
    per: z.enum(['ACCOUNT', 'INTERACTION']),
    measure: z.enum(['INTERACTIONS', 'QUANTITY', 'REVENUE', 'RATING']),
    quantile: z
      .string()
      .regex(/^0?\.\d{1,3}$/, 'must be a decimal text between 0 and 1 with at most 3 places, such as "0.5"')
      .meta({ examples: ['0.5', '0.95'] }),
    grid: z
      .strictObject({ minimum: whole, maximum: whole, step: contribution('Distance of two possible answers.') })
      .meta({ description: 'The possible answers: minimum, minimum + step, … up to maximum.' }),
    filter,
  }),
  HISTOGRAM: keyed({ by: z.enum(DIMENSIONS), level, filter }),
  TIME_SERIES: keyed({
    interval: z.enum(INTERVALS),
    filter: filterSchema.extend({ since: daySchema, until: daySchema }),
  }),
  TOP_K: keyed({
    of: z.enum(['SKU', 'CATEGORY', 'BRAND']),
    level,
    k: z.int().min(1).max(1_000),
    filter,
  }),
  CO_PURCHASE: z.strictObject({
    maxPairsPerAccount: z.int().min(1).max(MAX_KEYS),
    filter,
  }),
  FUNNEL: z.strictObject({
    steps: z.array(z.enum(EVENT_TYPES)).min(2).max(10).meta({ description: 'One after the other in time.' }),
    requireLaterDay: z.boolean().nullish().meta({
      description: 'Each step on a later UTC day than the one before: PURCHASE twice is then a second visit.',
    }),
    filter: filterSchema.omit({ eventTypes: true }).nullish(),
  }),
  RETENTION: z.strictObject({
    start: daySchema.meta({ description: 'A day in the first period.' }),
    interval: z.enum(['WEEK', 'MONTH']),
    periods: z.int().min(2).max(MAX_RETENTION_PERIODS),
    filter: filterSchema.omit({ since: true, until: true }).nullish(),
  }),
  SEGMENTS: z.strictObject({
    segmentCount: z.int().min(2).max(MAX_SEGMENTS),
    features: z.array(z.enum(SEGMENT_FEATURE_NAMES)).min(1).max(20).nullish(),
  }),
} as const satisfies Record<QuestionKind, z.ZodType>;

/** The JSON Schema of each kind's spec, as published to whoever writes questions. */
export function questionJsonSchemas(): Record<QuestionKind, object> {
  return Object.fromEntries(
    Object.entries(specSchemas).map(([kind, schema]) => [kind, z.toJSONSchema(schema, { io: 'input' })]),
  ) as Record<QuestionKind, object>;
}
