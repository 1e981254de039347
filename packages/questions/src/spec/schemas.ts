import { z } from 'zod';
import type { QuestionKind } from '../question-kinds.ts';
import { daySchema } from './day.ts';
import { EVENT_TYPES, filterSchema } from './filter.ts';

/** More keys would be a table that nobody reads, and a release that takes minutes to draw. */
export const MAX_KEYS = 10_000;
/** Far above what one customer buys; sums of all customers stay whole numbers that a double holds. */
export const MAX_CONTRIBUTION = 1_000_000_000;
export const MAX_RETENTION_PERIODS = 36;
export const MAX_SEGMENTS = 20;

/** Revenue is in hundredths of the shop's currency, quantities in units, ratings in hundredths of a star: whole numbers. */
export const MEASURES = ['CUSTOMERS', 'INTERACTIONS', 'QUANTITY', 'REVENUE'] as const;
export type Measure = (typeof MEASURES)[number];
/** HOUR is the hour of the day. */
export const KEY_DIMENSIONS = [
  'PRODUCT',
  'CATEGORY',
  'BRAND',
  'COUNTRY',
  'CHANNEL',
  'EVENT_TYPE',
  'WEEKDAY',
  'HOUR',
] as const;
export type KeyDimension = (typeof KEY_DIMENSIONS)[number];
/** HOUR is every hour of the asked days. */
export const TIME_DIMENSIONS = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;
export type TimeDimension = (typeof TIME_DIMENSIONS)[number];
export const SEGMENT_FEATURE_NAMES = ['recency', 'frequency', 'spend', 'category', 'hour', 'channel'] as const;
export type SegmentFeatureName = (typeof SEGMENT_FEATURE_NAMES)[number];

const contribution = (description: string) => z.int().min(1).max(MAX_CONTRIBUTION).meta({ description });
const keyCount = (description: string) => z.int().min(1).max(MAX_KEYS).meta({ description });
/** What is one by nature may be said all the same: the canonical form writes it out, and is a spec too. */
const one = (description: string) => z.literal(1, 'must be 1, or left out').nullish().meta({ description });
const measureOf = <const Given extends readonly Measure[]>(...measures: Given) => z.enum(measures);
const filter = filterSchema.nullish();
const level = z
  .int()
  .min(1)
  .max(20)
  .nullish()
  .meta({ description: 'Level of the category tree, 1 (the default) the top.' });
const refused = (reason: string) => z.null(reason).optional();

const wholeIsOneKey = one('The whole is one key: 1, or left out.');
const customerIsOne = one('A customer is one: 1, or left out.');
const maxKeys = keyCount('At most so many keys of one customer are counted.');
const perKey = contribution('At most so much of one customer in one key: what is above is cut off.');
const inAll = contribution('At most so much of one customer in all: what is above is cut off.');
const minPerKey = z
  .int()
  .min(0)
  .max(MAX_CONTRIBUTION)
  .nullish()
  .meta({ description: 'What is below counts as it; 0 when left out.' });
const largestValue = contribution('What is above counts as it.');

/** An object that must be there: left out, what it must hold is missing, which is then what the refusal names. */
function present<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => value ?? {}, schema);
}

function bounds<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return present(z.strictObject(shape));
}

/** Counting customers needs no bound on a key, since a customer is one; everything else does. */
function keyed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.discriminatedUnion('measure', [
    z.strictObject({
      ...shape,
      measure: z.literal('CUSTOMERS'),
      bounds: bounds({ maxKeys, maxPerKey: customerIsOne }),
    }),
    z.strictObject({
      ...shape,
      measure: measureOf('INTERACTIONS', 'QUANTITY', 'REVENUE'),
      bounds: bounds({ maxKeys, maxPerKey: perKey }),
    }),
  ]);
}

const totalBounds = bounds({ maxKeys: wholeIsOneKey, maxPerKey: inAll });

/** What is valid in a spec, by kind. No bound, no release: every bound is asked for by name and has no default. */
export const specSchemas = {
  COUNT: z.discriminatedUnion('measure', [
    z.strictObject({
      measure: z.literal('CUSTOMERS'),
      bounds: z.strictObject({ maxKeys: wholeIsOneKey, maxPerKey: customerIsOne }).nullish(),
      filter,
    }),
    z.strictObject({ measure: z.literal('INTERACTIONS'), bounds: totalBounds, filter }),
  ]),
  SUM: z.strictObject({ measure: measureOf('QUANTITY', 'REVENUE'), bounds: totalBounds, filter }),
  MEAN: z.discriminatedUnion(
    'per',
    [
      z.strictObject({
        per: z.literal('CUSTOMER').nullish().meta({ description: "Of customers' totals; the default." }),
        measure: measureOf('INTERACTIONS', 'QUANTITY', 'REVENUE'),
        bounds: bounds({
          maxKeys: one('A customer has one total: 1, or left out.'),
          minPerKey,
          maxPerKey: largestValue,
        }),
        filter,
      }),
      z.strictObject({
        per: z.literal('INTERACTION'),
        measure: z.enum(['QUANTITY', 'REVENUE', 'RATING']),
        bounds: bounds({
          maxKeys: keyCount('At most so many interactions of one customer are counted.'),
          minPerKey,
          maxPerKey: largestValue,
        }),
        filter,
      }),
    ],
    'must be CUSTOMER or INTERACTION',
  ),
  QUANTILE: z.strictObject({
    per: z
      .enum(['CUSTOMER', 'INTERACTION'])
      .nullish()
      .meta({ description: "Of customers' totals (the default), or of values of which each customer's weigh one." }),
    measure: z.enum(['INTERACTIONS', 'QUANTITY', 'REVENUE', 'RATING']),
    quantile: z
      .string()
      .regex(/^0?\.\d{1,3}$/, 'must be a decimal text between 0 and 1 with at most 3 places, such as "0.5"')
      .meta({ examples: ['0.5', '0.95'] }),
    bounds: bounds({ minPerKey, maxPerKey: largestValue }),
    step: contribution(
      'Possible answers: minPerKey, minPerKey + step, … up to maxPerKey. A 1000th of that range, and at least 1, when left out.',
    ).nullish(),
    filter,
  }),
  HISTOGRAM: keyed({ dimension: z.enum(KEY_DIMENSIONS), level, filter }),
  TIME_SERIES: keyed({
    dimension: z.enum(TIME_DIMENSIONS),
    filter: present(filterSchema.extend({ since: daySchema, until: daySchema })),
  }),
  TOP_K: keyed({
    dimension: z.enum(['PRODUCT', 'CATEGORY', 'BRAND']),
    level,
    k: z.int().min(1).max(1_000),
    filter,
  }),
  CO_PURCHASE: z.strictObject({
    bounds: bounds({
      maxKeys: keyCount('At most so many pairs of one customer are counted.'),
      maxPerKey: customerIsOne,
    }),
    filter,
  }),
  FUNNEL: z.strictObject({
    steps: z.array(z.enum(EVENT_TYPES)).min(2).max(10).meta({ description: 'One after the other in time.' }),
    requireLaterDay: z.boolean().nullish().meta({
      description: 'Each step on a later UTC day than the one before: PURCHASE twice is then a second visit.',
    }),
    filter: filterSchema.extend({ eventTypes: refused('is said by the steps: leave it out') }).nullish(),
  }),
  RETENTION: z.strictObject({
    dimension: z.enum(['WEEK', 'MONTH']).nullish().meta({ description: 'The periods; MONTH when left out.' }),
    periods: z.int().min(2).max(MAX_RETENTION_PERIODS),
    filter: present(
      filterSchema.extend({
        since: daySchema.meta({ description: 'A day in the first period (UTC).' }),
        until: refused('is said by spec.periods: leave it out'),
      }),
    ),
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
