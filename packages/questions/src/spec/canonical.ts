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
  COUNT: (spec: Parsed<'COUNT'>) => ({
    of: spec.of,
    maximumPerAccount: spec.of === 'ACCOUNTS' ? 1 : spec.maximumPerAccount,
    filter: readFilter(spec.filter),
  }),

  SUM: ({ measure, maximumPerAccount, filter }: Parsed<'SUM'>) => ({
    measure,
    maximumPerAccount,
    filter: measuredFilter(measure, filter),
  }),

  MEAN: (spec: Parsed<'MEAN'>) => {
    const { per, measure, minimum, maximum } = spec;
    if (minimum >= maximum) throw new InvalidQuestionError('spec.maximum', 'must be above spec.minimum');
    const maxInteractionsPerAccount = spec.per === 'ACCOUNT' ? 1 : spec.maxInteractionsPerAccount;
    if (maxInteractionsPerAccount * (maximum - minimum) > MAX_CONTRIBUTION)
      throw new InvalidQuestionError('spec.maxInteractionsPerAccount', 'times the range of values is too large');
    return { per, measure, minimum, maximum, maxInteractionsPerAccount, filter: measuredFilter(measure, spec.filter) };
  },

  QUANTILE: ({ per, measure, quantile, grid, filter }: Parsed<'QUANTILE'>) => {
    if (per === 'ACCOUNT' && measure === 'RATING')
      throw new InvalidQuestionError('spec.measure', 'a rating is of an interaction: set spec.per to INTERACTION');
    if (per === 'INTERACTION' && measure === 'INTERACTIONS')
      throw new InvalidQuestionError('spec.measure', 'every interaction is one: set spec.per to ACCOUNT');
    const points = Math.floor((grid.maximum - grid.minimum) / grid.step) + 1;
    if (grid.minimum >= grid.maximum || points < 2)
      throw new InvalidQuestionError('spec.grid.maximum', 'must be at least one step above spec.grid.minimum');
    if (points > MAX_KEYS) throw new InvalidQuestionError('spec.grid.step', `makes more than ${MAX_KEYS} points`);
    const share = Number(quantile);
    if (share === 0) throw new InvalidQuestionError('spec.quantile', 'must be above 0');
    const maximum = grid.minimum + (points - 1) * grid.step;
    return {
      per,
      measure,
      quantile: `${share}`,
      grid: { minimum: grid.minimum, maximum, step: grid.step },
      filter: measuredFilter(measure, filter),
    };
  },

  HISTOGRAM: (spec: Parsed<'HISTOGRAM'>) => ({
    by: spec.by,
    ...levelOf(spec.by, spec.level),
    ...keyedBounds(spec),
    filter: measuredFilter(spec.measure, spec.filter),
  }),

  TIME_SERIES: (spec: Parsed<'TIME_SERIES'>) => {
    const filter = measuredFilter(spec.measure, spec.filter);
    const keyCount = listIntervals(spec.interval, spec.filter.since, spec.filter.until, MAX_KEYS + 1).length;
    if (keyCount > MAX_KEYS) throw new InvalidQuestionError('spec.interval', `makes more than ${MAX_KEYS} keys`);
    return { interval: spec.interval, ...keyedBounds(spec), filter };
  },

  TOP_K: (spec: Parsed<'TOP_K'>) => ({
    of: spec.of,
    k: spec.k,
    ...levelOf(spec.of, spec.level),
    ...keyedBounds(spec),
    filter: measuredFilter(spec.measure, spec.filter),
  }),

  CO_PURCHASE: ({ maxPairsPerAccount, filter }: Parsed<'CO_PURCHASE'>) => ({
    maxPairsPerAccount,
    filter: readFilter(filter, ['PURCHASE']),
  }),

  FUNNEL: ({ steps, requireLaterDay, filter }: Parsed<'FUNNEL'>) => {
    // The steps are the event types that are read; as a filter they would stand in the question twice.
    const { eventTypes: _, ...rest } = readFilter(filter);
    return { steps, ...(requireLaterDay === true ? { requireLaterDay } : {}), filter: rest };
  },

  RETENTION: ({ start, interval, periods, filter }: Parsed<'RETENTION'>) => ({
    start: startOfInterval(interval, start),
    interval,
    periods,
    filter: readFilter(filter),
  }),

  SEGMENTS: ({ segmentCount, features }: Parsed<'SEGMENTS'>) => ({
    segmentCount,
    features: sortDistinct(features ?? DEFAULT_FEATURES),
  }),
} as const satisfies { [Kind in QuestionKind]: (spec: Parsed<Kind>) => Readonly<Record<string, unknown>> };

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
  if (measure === 'ACCOUNTS' || measure === 'INTERACTIONS') return readFilter(filter);
  const type: EventType = measure === 'RATING' ? 'RATING' : 'PURCHASE';
  const read = readFilter(filter, [type]);
  if (read.eventTypes.length !== 1 || read.eventTypes[0] !== type)
    throw new InvalidQuestionError('spec.filter.eventTypes', `must be ${type} alone, or left out, for ${measure}`);
  return read;
}

function keyedBounds(
  spec: { measure: Measure; maxKeysPerAccount: number } & ({ measure: 'ACCOUNTS' } | { maximumPerKey: number }),
) {
  const { measure, maxKeysPerAccount } = spec;
  return { measure, maxKeysPerAccount, maximumPerKey: 'maximumPerKey' in spec ? spec.maximumPerKey : 1 };
}

function levelOf(dimension: string, level: number | null | undefined): { level?: number } {
  if (dimension === 'CATEGORY') return { level: level ?? 1 };
  if (level != null) throw new InvalidQuestionError('spec.level', 'is of categories alone');
  return {};
}
