import type { z } from 'zod';
import { InvalidQuestionError } from '../invalid-question-error.ts';
import type { QuestionKind } from '../question-kinds.ts';
import { type EventType, type Filter, sortDistinct, toFilter } from './filter.ts';
import { listIntervals, startOfInterval } from './intervals.ts';
import { MAX_CONTRIBUTION, MAX_KEYS, type Measure, SEGMENT_FEATURE_NAMES, type specSchemas } from './schemas.ts';

type Parsed<Kind extends QuestionKind> = z.output<(typeof specSchemas)[Kind]>;

/**
 * The one form of each spec: what means the same is the same JSON, so that a paraphrase is answered from the stored
 * release. Each takes what its schema let through and refuses what no schema can express.
 */
export const canonicalSpecs = {
  COUNT: ({ measure, bounds, filter }: Parsed<'COUNT'>) => ({
    measure,
    bounds: writeBounds(bounds),
    filter: readFilter(filter),
  }),

  SUM: ({ measure, bounds, filter }: Parsed<'SUM'>) => ({
    measure,
    bounds: writeBounds(bounds),
    filter: measuredFilter(measure, filter),
  }),

  MEAN: (spec: Parsed<'MEAN'>) => {
    const { measure, filter } = spec;
    const bounds = writeRange(spec.bounds);
    if (bounds.maxKeys * (bounds.maxPerKey - bounds.minPerKey) > MAX_CONTRIBUTION)
      throw new InvalidQuestionError('spec.bounds.maxKeys', 'times the range of values is too large');
    return { per: spec.per ?? DEFAULT_PER, measure, bounds, filter: measuredFilter(measure, filter) };
  },

  QUANTILE: (spec: Parsed<'QUANTILE'>) => {
    const { measure, filter } = spec;
    const per = spec.per ?? DEFAULT_PER;
    if (per === 'CUSTOMER' && measure === 'RATING')
      throw new InvalidQuestionError('spec.measure', 'a rating is of an interaction: set spec.per to INTERACTION');
    if (per === 'INTERACTION' && measure === 'INTERACTIONS')
      throw new InvalidQuestionError('spec.measure', 'every interaction is one: set spec.per to CUSTOMER');
    const quantile = Number(spec.quantile);
    if (quantile === 0) throw new InvalidQuestionError('spec.quantile', 'must be above 0');
    return { per, measure, quantile: `${quantile}`, ...writeGrid(spec), filter: measuredFilter(measure, filter) };
  },

  HISTOGRAM: ({ dimension, level, measure, bounds, filter }: Parsed<'HISTOGRAM'>) => ({
    dimension,
    ...levelOf(dimension, level),
    measure,
    bounds: writeBounds(bounds),
    filter: measuredFilter(measure, filter),
  }),

  TIME_SERIES: ({ dimension, measure, bounds, filter }: Parsed<'TIME_SERIES'>) => {
    const read = measuredFilter(measure, filter);
    const keyCount = listIntervals(dimension, filter.since, filter.until, MAX_KEYS + 1).length;
    if (keyCount > MAX_KEYS) throw new InvalidQuestionError('spec.dimension', `makes more than ${MAX_KEYS} keys`);
    return { dimension, measure, bounds: writeBounds(bounds), filter: read };
  },

  TOP_K: ({ dimension, k, level, measure, bounds, filter }: Parsed<'TOP_K'>) => ({
    dimension,
    k,
    ...levelOf(dimension, level),
    measure,
    bounds: writeBounds(bounds),
    filter: measuredFilter(measure, filter),
  }),

  CO_PURCHASE: ({ bounds, filter }: Parsed<'CO_PURCHASE'>) => ({
    bounds: writeBounds(bounds),
    filter: readFilter(filter, ['PURCHASE']),
  }),

  FUNNEL: ({ steps, requireLaterDay, filter }: Parsed<'FUNNEL'>) => {
    // The steps are the event types that are read; as a filter they would stand in the question twice.
    const { eventTypes: _, ...rest } = readFilter(filter);
    return { steps, ...(requireLaterDay === true ? { requireLaterDay } : {}), filter: rest };
  },

  RETENTION: ({ dimension, periods, filter }: Parsed<'RETENTION'>) => {
    const period = dimension ?? 'MONTH';
    const since = startOfInterval(period, filter.since);
    return { dimension: period, periods, filter: { ...readFilter(filter), since } };
  },

  SEGMENTS: ({ segmentCount, features }: Parsed<'SEGMENTS'>) => ({
    segmentCount,
    features: sortDistinct(features ?? DEFAULT_FEATURES),
  }),
} as const satisfies { [Kind in QuestionKind]: (spec: Parsed<Kind>) => Readonly<Record<string, unknown>> };

const DEFAULT_PER = 'CUSTOMER';
const DEFAULT_GRID_STEPS = 1_000;

/** Each feature more is noise on all of them: hours and channels are asked for when wanted. */
const DEFAULT_FEATURES = SEGMENT_FEATURE_NAMES.filter((name) => name !== 'hour' && name !== 'channel');

/** The canonical spec of a kind. */
export type Spec<Kind extends QuestionKind> = ReturnType<(typeof canonicalSpecs)[Kind]>;
export type AnySpec = { [Kind in QuestionKind]: Spec<Kind> }[QuestionKind];

function readFilter(filter: Parameters<typeof toFilter>[0], eventTypes?: readonly EventType[]): Filter {
  const read = toFilter(filter, eventTypes);
  if (read.since !== undefined && read.until !== undefined && read.since >= read.until)
    throw new InvalidQuestionError('spec.filter.until', 'must be a day after spec.filter.since');
  if (read.countries !== undefined && read.eventTypes.includes('IMPRESSION'))
    throw new InvalidQuestionError('spec.filter.countries', 'an impression has no country');
  return read;
}

/** What a measure is about decides the event types: money and quantities are of purchases, ratings of ratings. */
function measuredFilter(measure: Measure | 'RATING', filter: Parameters<typeof toFilter>[0]): Filter {
  if (measure === 'CUSTOMERS' || measure === 'INTERACTIONS') return readFilter(filter);
  const type: EventType = measure === 'RATING' ? 'RATING' : 'PURCHASE';
  const read = readFilter(filter, [type]);
  if (read.eventTypes.length !== 1 || read.eventTypes[0] !== type)
    throw new InvalidQuestionError('spec.filter.eventTypes', `must be ${type} alone, or left out, for ${measure}`);
  return read;
}

/** Written out where it is one by nature: in one key in all, or one customer in a key. */
function writeBounds(
  given: { maxKeys?: number | null | undefined; maxPerKey?: number | null | undefined } | null = {},
) {
  return { maxKeys: given?.maxKeys ?? 1, maxPerKey: given?.maxPerKey ?? 1 };
}

function writeRange(given: {
  maxKeys?: number | null | undefined;
  minPerKey?: number | null | undefined;
  maxPerKey: number;
}) {
  const { maxKeys, minPerKey, maxPerKey } = given;
  if ((minPerKey ?? 0) >= maxPerKey)
    throw new InvalidQuestionError('spec.bounds.maxPerKey', 'must be above spec.bounds.minPerKey');
  return { maxKeys: maxKeys ?? 1, minPerKey: minPerKey ?? 0, maxPerKey };
}

/** The possible answers of a quantile; the range ends at the last of them. */
function writeGrid(spec: Pick<Parsed<'QUANTILE'>, 'bounds' | 'step'>) {
  const { minPerKey, maxPerKey } = writeRange(spec.bounds);
  const step = spec.step ?? Math.ceil((maxPerKey - minPerKey) / DEFAULT_GRID_STEPS);
  const steps = Math.floor((maxPerKey - minPerKey) / step);
  if (steps < 1) throw new InvalidQuestionError('spec.step', 'must be at most the range from minPerKey to maxPerKey');
  if (steps >= MAX_KEYS) throw new InvalidQuestionError('spec.step', `makes more than ${MAX_KEYS} points`);
  return { step, bounds: { minPerKey, maxPerKey: minPerKey + steps * step } };
}

function levelOf(dimension: string, level: number | null | undefined): { level?: number } {
  if (dimension === 'CATEGORY') return { level: level ?? 1 };
  if (level != null) throw new InvalidQuestionError('spec.level', 'is of categories alone');
  return {};
}
