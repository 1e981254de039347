import { describe, expect, it } from 'vitest';
import { InvalidQuestionError } from './invalid-question-error.ts';
import { DEFAULT_EPSILON, parseQuestion } from './parse-question.ts';
import { QUESTION_KINDS, type QuestionInput, type QuestionKind } from './question-kinds.ts';
import { questionJsonSchemas } from './spec/schemas.ts';
import { SPEC_EXAMPLES } from './testing/examples.ts';

const count = (changes: Record<string, unknown> = {}) =>
  ({ kind: 'COUNT', spec: { of: 'ACCOUNTS' }, ...changes }) as unknown as QuestionInput;

function pathOf(input: unknown): string {
  try {
    parseQuestion(input as QuestionInput);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidQuestionError);
    const { path, message } = error as InvalidQuestionError;
    expect(message.startsWith(path)).toBe(true);
    expect(message.length).toBeLessThan(300);
    return path;
  }
  return 'accepted';
}

describe('epsilon', () => {
  it.each([
    ['0'],
    ['0.0'],
    ['-1'],
    ['NaN'],
    ['Infinity'],
    ['1e9'],
    ['1e-3'],
    ['0x1'],
    ['1/2'],
    [' 1'],
    ['+1'],
    ['.5'],
    ['1.'],
    [''],
    ['20.000000000001'],
    ['1000'],
    ['0.000999999999'],
    ['0.0000000000001'],
    ['9'.repeat(400)],
    [`0.${'3'.repeat(400)}`],
    ['١'],
    [0.5],
    [1],
    [Number.NaN],
    [true],
    [{}],
    [['1']],
  ])('refuses %j by name', (epsilon) => expect(pathOf(count({ epsilon }))).toBe('epsilon'));

  it('is kept as an exact decimal in its shortest form', () => {
    for (const [given, kept] of [
      [undefined, DEFAULT_EPSILON],
      [null, DEFAULT_EPSILON],
      ['0.5', '0.5'],
      ['00.500', '0.5'],
      ['1', '1'],
      ['01.0', '1'],
      ['20', '20'],
      ['0.001', '0.001'],
      ['0.123456789012', '0.123456789012'],
    ])
      expect(parseQuestion(count({ epsilon: given })).epsilon).toBe(kept);
  });
});

const sum = { measure: 'REVENUE', maximumPerAccount: 10_000 };
const histogram = { by: 'SKU', measure: 'INTERACTIONS', maxKeysPerAccount: 3, maximumPerKey: 2 };
const series = {
  interval: 'DAY',
  measure: 'ACCOUNTS',
  maxKeysPerAccount: 5,
  filter: { since: '2026-01-01', until: '2026-02-01' },
};
const mean = { per: 'INTERACTION', measure: 'RATING', minimum: 50, maximum: 500, maxInteractionsPerAccount: 3 };
const quantile = {
  per: 'ACCOUNT',
  measure: 'REVENUE',
  quantile: '0.5',
  grid: { minimum: 0, maximum: 1_000, step: 10 },
};
const without = (spec: Record<string, unknown>, key: string) =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => name !== key));

describe('a question that cannot be asked', () => {
  it.each<[string, string, unknown]>([
    ['kind', 'MODE', {}],
    ['kind', '__proto__', {}],
    ['spec', 'COUNT', undefined],
    ['spec', 'COUNT', null],
    ['spec', 'COUNT', 'all'],
    ['spec', 'COUNT', []],
    ['spec.of', 'COUNT', {}],
    ['spec.of', 'COUNT', { of: 'EVERYTHING' }],
    ['spec.epsilon', 'COUNT', { of: 'ACCOUNTS', epsilon: '1' }],
    // A bound that is missing, or is none.
    ['spec.maximumPerAccount', 'COUNT', { of: 'INTERACTIONS' }],
    ['spec.maximumPerAccount', 'SUM', without(sum, 'maximumPerAccount')],
    ...[0, -1, 1.5, '5', Number.NaN, Number.POSITIVE_INFINITY, 1e15, null].map(
      (maximumPerAccount): [string, string, unknown] => [
        'spec.maximumPerAccount',
        'SUM',
        { ...sum, maximumPerAccount },
      ],
    ),
    ['spec.maxKeysPerAccount', 'HISTOGRAM', without(histogram, 'maxKeysPerAccount')],
    ['spec.maximumPerKey', 'HISTOGRAM', without(histogram, 'maximumPerKey')],
    ['spec.maxKeysPerAccount', 'TIME_SERIES', without(series, 'maxKeysPerAccount')],
    ['spec.maxInteractionsPerAccount', 'MEAN', without(mean, 'maxInteractionsPerAccount')],
    ['spec.minimum', 'MEAN', without(mean, 'minimum')],
    ['spec.maximum', 'MEAN', without(mean, 'maximum')],
    ['spec.maximum', 'MEAN', { ...mean, minimum: 500 }],
    ['spec.maxInteractionsPerAccount', 'MEAN', { ...mean, maximum: 1_000_000, maxInteractionsPerAccount: 2_000 }],
    ['spec.grid', 'QUANTILE', without(quantile, 'grid')],
    ['spec.grid.step', 'QUANTILE', { ...quantile, grid: { minimum: 0, maximum: 100_000, step: 1 } }],
    ['spec.grid.maximum', 'QUANTILE', { ...quantile, grid: { minimum: 5, maximum: 5, step: 1 } }],
    ['spec.grid.maximum', 'QUANTILE', { ...quantile, grid: { minimum: 0, maximum: 5, step: 9 } }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: 0.5 }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: '0.0' }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: '1' }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: '0.12345' }],
    ['spec.measure', 'QUANTILE', { ...quantile, measure: 'RATING' }],
    ['spec.maxPairsPerAccount', 'CO_PURCHASE', {}],
    // Dimensions, measures and keys that there are none of.
    ['spec.by', 'HISTOGRAM', { ...histogram, by: 'AGE' }],
    ['spec.level', 'HISTOGRAM', { ...histogram, level: 1 }],
    ['spec.measure', 'SUM', { ...sum, measure: 'PROFIT' }],
    ['spec.interval', 'TIME_SERIES', { ...series, interval: 'MINUTE' }],
    [
      'spec.interval',
      'TIME_SERIES',
      { ...series, interval: 'HOUR', filter: { since: '2024-01-01', until: '2026-01-01' } },
    ],
    ['spec.filter', 'TIME_SERIES', without(series, 'filter')],
    ['spec.filter.until', 'TIME_SERIES', { ...series, filter: { since: '2026-01-01' } }],
    ['spec.k', 'TOP_K', { of: 'SKU', k: 0, measure: 'ACCOUNTS', maxKeysPerAccount: 3 }],
    ['spec.of', 'TOP_K', { of: 'COUNTRY', k: 1, measure: 'ACCOUNTS', maxKeysPerAccount: 3 }],
    ['spec.steps', 'FUNNEL', { steps: ['VIEW'] }],
    ['spec.steps[1]', 'FUNNEL', { steps: ['VIEW', 'REFUND'] }],
    ['spec.periods', 'RETENTION', { start: '2026-01-01', interval: 'MONTH', periods: 400 }],
    ['spec.segmentCount', 'SEGMENTS', { segmentCount: 1 }],
    ['spec.features[0]', 'SEGMENTS', { segmentCount: 3, features: ['age'] }],
    // Filters.
    ['spec.filter.consent', 'SUM', { ...sum, filter: { consent: 7 } }],
    ['spec.filter.until', 'SUM', { ...sum, filter: { since: '2026-02-01', until: '2026-02-01' } }],
    ['spec.filter.until', 'SUM', { ...sum, filter: { since: '2026-02-01', until: '2026-01-01' } }],
    ['spec.filter.since', 'SUM', { ...sum, filter: { since: '2026-02-30' } }],
    ['spec.filter.since', 'SUM', { ...sum, filter: { since: '2026-02-01T12:00:00Z' } }],
    ['spec.filter.since', 'SUM', { ...sum, filter: { since: 'yesterday' } }],
    ['spec.filter.since', 'SUM', { ...sum, filter: { since: 20_260_101 } }],
    ['spec.filter.since', 'SUM', { ...sum, filter: { since: '0001-01-01' } }],
    ['spec.filter.countries[1]', 'SUM', { ...sum, filter: { countries: ['DE', 'XX'] } }],
    ['spec.filter.skus', 'SUM', { ...sum, filter: { skus: [] } }],
    ['spec.filter.skus', 'SUM', { ...sum, filter: { skus: Array.from({ length: 1_001 }, (_, n) => `${n}`) } }],
    ['spec.filter.skus[0]', 'SUM', { ...sum, filter: { skus: ['a\0'] } }],
    ['spec.filter.skus[0]', 'SUM', { ...sum, filter: { skus: ['x'.repeat(201)] } }],
    ['spec.filter.channels[0]', 'SUM', { ...sum, filter: { channels: ['PIGEON'] } }],
    ['spec.filter.eventTypes', 'SUM', { ...sum, filter: { eventTypes: ['VIEW'] } }],
    ['spec.filter.eventTypes', 'FUNNEL', { steps: ['VIEW', 'CART'], filter: { eventTypes: ['VIEW'] } }],
    [
      'spec.filter.since',
      'RETENTION',
      { start: '2026-01-01', interval: 'WEEK', periods: 3, filter: { since: '2026-01-01' } },
    ],
    ['spec.filter.countries', 'COUNT', { of: 'ACCOUNTS', filter: { countries: ['DE'], eventTypes: ['IMPRESSION'] } }],
  ])('names %s (%s, %j)', (path, kind, spec) => expect(pathOf({ kind, spec })).toBe(path));

  it('names the other parameters too', () => {
    for (const assumedPopulation of [0, -1, 1.5, '10', 1e12])
      expect(pathOf(count({ assumedPopulation }))).toBe('assumedPopulation');
    expect(pathOf(count({ requireAllCohorts: 'yes' }))).toBe('requireAllCohorts');
    expect(pathOf(null)).toBe('question');
  });
});

describe('paraphrases', () => {
  const filters = [
    { since: '2026-01-01', until: '2026-04-01', countries: ['DE', 'FR'], skus: ['b', 'a'], eventTypes: ['PURCHASE'] },
    {
      skus: ['a', 'b', 'a'],
      countries: ['fr', 'de', 'FR'],
      until: '2026-04-01T02:00:00+02:00',
      since: '2026-01-01T00:00:00.000Z',
      channels: null,
    },
  ];

  it.each<[QuestionKind, Record<string, unknown>]>([
    ['SUM', sum],
    ['QUANTILE', quantile],
    ['HISTOGRAM', { ...histogram, measure: 'QUANTITY' }],
    ['TIME_SERIES', { ...series, measure: 'REVENUE', maximumPerKey: 5 }],
    ['CO_PURCHASE', { maxPairsPerAccount: 4 }],
  ])('of %s are one question', (kind, spec) => {
    const [first, second] = filters.map((filter) => parseQuestion({ kind, spec: { ...spec, filter } }));
    const reversed = Object.fromEntries(Object.entries({ ...spec, filter: filters[1] }).reverse());
    expect(second).toEqual(first);
    expect(parseQuestion({ kind, spec: reversed, epsilon: '0.50', assumedPopulation: null })).toEqual(first);
  });

  it('leave out what is meant anyway', () => {
    const parse = (kind: QuestionKind, spec: unknown) => parseQuestion({ kind, spec }).spec;
    expect(parse('COUNT', { of: 'ACCOUNTS', filter: null })).toEqual(parse('COUNT', { of: 'ACCOUNTS', filter: {} }));
    const byCategory = { by: 'CATEGORY', measure: 'ACCOUNTS', maxKeysPerAccount: 2 };
    expect(parse('HISTOGRAM', byCategory)).toEqual(parse('HISTOGRAM', { ...byCategory, level: 1 }));
    const retention = { interval: 'WEEK', periods: 4 };
    expect(parse('RETENTION', { ...retention, start: '2026-03-15' })).toEqual(
      parse('RETENTION', { ...retention, start: '2026-03-09' }),
    );
    expect(
      parse('SEGMENTS', { segmentCount: 4, features: ['spend', 'recency', 'category', 'frequency', 'spend'] }),
    ).toEqual(parse('SEGMENTS', { segmentCount: 4 }));
    expect(
      parse('QUANTILE', { ...quantile, quantile: '.500', grid: { minimum: 0, maximum: 1_009, step: 10 } }),
    ).toEqual(parse('QUANTILE', quantile));
  });
});

describe('published schemas', () => {
  const schemas = questionJsonSchemas();

  it.each(QUESTION_KINDS)('describe %s, and the example of it is a question', (kind) => {
    expect(JSON.stringify(schemas[kind])).toContain('"additionalProperties":false');
    const { spec } = parseQuestion({ kind, spec: SPEC_EXAMPLES[kind] });
    // What is stored in the ledger is plain JSON, and reads back as the same question.
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });
});
