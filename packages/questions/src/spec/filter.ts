import { z } from 'zod';
import { COUNTRY_CODES } from './countries.ts';
import { daySchema } from './day.ts';

/** What a question may be narrowed to. Never consent: that decides who is counted, not what. */
export const EVENT_TYPES = ['VIEW', 'CART', 'PURCHASE', 'RATING', 'LIKE', 'DISLIKE', 'IMPRESSION'] as const;
export type EventType = (typeof EVENT_TYPES)[number];
export const CHANNELS = ['WEB', 'APP', 'STORE', 'EMAIL', 'CALL_CENTER'] as const;

/** An impression is no doing of the customer's: it is counted only when it is asked for. */
export const DEFAULT_EVENT_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => type !== 'IMPRESSION');

const MAX_VALUES = 1_000;
const UNSTORABLE = /\p{Surrogate}|\0/u;
const name = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !UNSTORABLE.test(text), 'holds a character that cannot be stored');

const countries = new Set(COUNTRY_CODES);
const country = z
  .string()
  .max(2)
  .meta({ description: 'ISO 3166-1 alpha-2, in either case.', examples: ['DE'] })
  .transform((text, context) => {
    const code = text.toUpperCase();
    if (countries.has(code)) return code;
    context.addIssue({ code: 'custom', message: 'is not a country code of ISO 3166-1' });
    return z.NEVER;
  });

function anyOf<Schema extends z.ZodType>(value: Schema, description: string) {
  return z.array(value).min(1).max(MAX_VALUES).nullish().meta({ description });
}

/** Conditions that all hold together; of the values of one, any. */
export const filterSchema = z.strictObject({
  since: daySchema.nullish().meta({ description: 'First day of occurrence (UTC).' }),
  until: daySchema.nullish().meta({ description: 'Day after the last one (UTC).' }),
  categories: anyOf(name, 'Categories of the catalogue, of any level.'),
  skus: anyOf(name, 'Products of the catalogue.'),
  channels: anyOf(z.enum(CHANNELS), 'Where it happened.'),
  countries: anyOf(country, 'Countries it happened in.'),
  eventTypes: anyOf(z.enum(EVENT_TYPES), 'All but IMPRESSION when left out.'),
});

/** A filter in its one form: nothing null, lists sorted, every value once. */
export interface Filter {
  readonly since?: string;
  readonly until?: string;
  readonly categories?: readonly string[];
  readonly skus?: readonly string[];
  readonly channels?: readonly string[];
  readonly countries?: readonly string[];
  readonly eventTypes: readonly EventType[];
}

/** @param eventTypes what is meant when the filter names none */
export function toFilter(
  parsed: Partial<z.output<typeof filterSchema>> | null | undefined,
  eventTypes: readonly EventType[] = DEFAULT_EVENT_TYPES,
): Filter {
  const { since, until, categories, skus, channels, countries: codes, eventTypes: types } = parsed ?? {};
  return {
    ...(since == null ? {} : { since }),
    ...(until == null ? {} : { until }),
    ...(categories == null ? {} : { categories: sortDistinct(categories) }),
    ...(skus == null ? {} : { skus: sortDistinct(skus) }),
    ...(channels == null ? {} : { channels: sortDistinct(channels) }),
    ...(codes == null ? {} : { countries: sortDistinct(codes) }),
    eventTypes: sortDistinct(types ?? eventTypes),
  };
}

export function sortDistinct<T extends string>(values: readonly T[]): T[] {
  return [...new Set(values)].sort();
}
