import { describe, expect, it } from 'vitest';
import { InvalidQuestionError } from './invalid-question-error.ts';
import { DEFAULT_EPSILON, parseQuestion } from './parse-question.ts';
import { QUESTION_KINDS, type QuestionInput, type QuestionKind } from './question-kinds.ts';
import { questionJsonSchemas } from './spec/schemas.ts';
import { SPEC_EXAMPLES } from './testing/examples.ts';

const count = (changes: Record<string, unknown> = {}) =>
  ({ kind: 'COUNT', spec: { measure: 'CUSTOMERS' }, ...changes }) as unknown as QuestionInput;

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

const sum = { measure: 'REVENUE', bounds: { maxPerKey: 10_000 } };
const histogram = { dimension: 'PRODUCT', measure: 'INTERACTIONS', bounds: { maxKeys: 3, maxPerKey: 2 } };
const series = {
  dimension: 'DAY',
  measure: 'CUSTOMERS',
  bounds: { maxKeys: 5 },
  filter: { since: '2026-01-01', until: '2026-02-01' },
};
const topK = { dimension: 'PRODUCT', k: 3, measure: 'CUSTOMERS', bounds: { maxKeys: 3 } };
const mean = { per: 'INTERACTION', measure: 'RATING', bounds: { maxKeys: 3, minPerKey: 50, maxPerKey: 500 } };
const quantile = { measure: 'REVENUE', quantile: '0.5', bounds: { maxPerKey: 1_000 }, step: 10 };
const retention = { periods: 4, filter: { since: '2026-03-15' } };
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
    ['spec.measure', 'COUNT', {}],
    ['spec.measure', 'COUNT', { measure: 'EVERYTHING' }],
    ['spec.epsilon', 'COUNT', { measure: 'CUSTOMERS', epsilon: '1' }],
    // A bound that is missing, or is none.
    ['spec.bounds.maxPerKey', 'COUNT', { measure: 'INTERACTIONS' }],
    ['spec.bounds.maxPerKey', 'COUNT', { measure: 'INTERACTIONS', bounds: null }],
    ['spec.bounds.maxPerKey', 'COUNT', { measure: 'CUSTOMERS', bounds: { maxPerKey: 2 } }],
    ['spec.bounds.maxPerKey', 'SUM', without(sum, 'bounds')],
    ['spec.bounds', 'SUM', { ...sum, bounds: 10 }],
    ['spec.bounds.maxKeys', 'SUM', { ...sum, bounds: { ...sum.bounds, maxKeys: 2 } }],
    ['spec.bounds.maximum', 'SUM', { ...sum, bounds: { ...sum.bounds, maximum: 5 } }],
    ...[0, -1, 1.5, '5', Number.NaN, Number.POSITIVE_INFINITY, 1e15, null].map(
      (maxPerKey): [string, string, unknown] => ['spec.bounds.maxPerKey', 'SUM', { ...sum, bounds: { maxPerKey } }],
    ),
    ['spec.bounds.maxKeys', 'HISTOGRAM', without(histogram, 'bounds')],
    ['spec.bounds.maxKeys', 'HISTOGRAM', { ...histogram, bounds: { maxPerKey: 2 } }],
    ['spec.bounds.maxPerKey', 'HISTOGRAM', { ...histogram, bounds: { maxKeys: 3 } }],
    ['spec.bounds.maxKeys', 'TIME_SERIES', without(series, 'bounds')],
    ['spec.bounds.maxPerKey', 'TIME_SERIES', { ...series, measure: 'REVENUE' }],
    ['spec.bounds.maxKeys', 'TOP_K', without(topK, 'bounds')],
    ['spec.bounds.maxPerKey', 'TOP_K', { ...topK, measure: 'QUANTITY' }],
    ['spec.bounds.maxKeys', 'MEAN', without(mean, 'bounds')],
    ['spec.bounds.maxPerKey', 'MEAN', { measure: 'REVENUE' }],
    ['spec.bounds.maxPerKey', 'MEAN', { ...mean, bounds: { maxKeys: 3 } }],
    ['spec.bounds.maxPerKey', 'MEAN', { ...mean, bounds: { maxKeys: 3, minPerKey: 500, maxPerKey: 500 } }],
    ['spec.bounds.minPerKey', 'MEAN', { ...mean, bounds: { ...mean.bounds, minPerKey: -1 } }],
    ['spec.bounds.maxKeys', 'MEAN', { ...mean, bounds: { maxKeys: 2_000, maxPerKey: 1_000_000 } }],
    ['spec.per', 'MEAN', { ...mean, per: 'ORDER' }],
    ['spec.bounds.maxPerKey', 'QUANTILE', without(quantile, 'bounds')],
    ['spec.bounds.maxPerKey', 'QUANTILE', { ...quantile, bounds: { minPerKey: 5, maxPerKey: 5 } }],
    ['spec.step', 'QUANTILE', { ...quantile, bounds: { maxPerKey: 10_000 }, step: 1 }],
    ['spec.step', 'QUANTILE', { ...quantile, bounds: { maxPerKey: 5 }, step: 9 }],
    ['spec.step', 'QUANTILE', { ...quantile, step: 0 }],
    ['spec.per', 'QUANTILE', { ...quantile, per: 'ORDER' }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: 0.5 }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: '0.0' }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: '1' }],
    ['spec.quantile', 'QUANTILE', { ...quantile, quantile: '0.12345' }],
    ['spec.measure', 'QUANTILE', { ...quantile, measure: 'RATING' }],
    ['spec.measure', 'QUANTILE', { ...quantile, per: 'INTERACTION', measure: 'INTERACTIONS' }],
    ['spec.bounds.maxKeys', 'CO_PURCHASE', {}],
    // Dimensions, measures and keys that there are none of.
    ['spec.dimension', 'HISTOGRAM', without(histogram, 'dimension')],
    ['spec.dimension', 'HISTOGRAM', { ...histogram, dimension: 'AGE' }],
    ['spec.level', 'HISTOGRAM', { ...histogram, level: 1 }],
    ['spec.measure', 'HISTOGRAM', { ...histogram, measure: 'PROFIT' }],
    ['spec.measure', 'SUM', { ...sum, measure: 'PROFIT' }],
    ['spec.dimension', 'TIME_SERIES', { ...series, dimension: 'MINUTE' }],
    [
      'spec.dimension',
      'TIME_SERIES',
      { ...series, dimension: 'HOUR', filter: { since: '2024-01-01', until: '2026-01-01' } },
    ],
    ['spec.filter.since', 'TIME_SERIES', without(series, 'filter')],
    ['spec.filter.until', 'TIME_SERIES', { ...series, filter: { since: '2026-01-01' } }],
    ['spec.k', 'TOP_K', { ...topK, k: 0 }],
    ['spec.dimension', 'TOP_K', { ...topK, dimension: 'COUNTRY' }],
    ['spec.steps', 'FUNNEL', { steps: ['VIEW'] }],
    ['spec.steps[1]', 'FUNNEL', { steps: ['VIEW', 'REFUND'] }],
    ['spec.periods', 'RETENTION', { ...retention, periods: 400 }],
    ['spec.dimension', 'RETENTION', { ...retention, dimension: 'DAY' }],
    ['spec.filter.since', 'RETENTION', { periods: 3 }],
    ['spec.filter.since', 'RETENTION', { periods: 3, filter: { since: null } }],
    ['spec.filter.until', 'RETENTION', { ...retention, filter: { ...retention.filter, until: '2026-06-01' } }],
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
      'spec.filter.countries',
      'COUNT',
      { measure: 'CUSTOMERS', filter: { countries: ['DE'], eventTypes: ['IMPRESSION'] } },
    ],
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
    ['TIME_SERIES', { ...series, measure: 'REVENUE', bounds: { maxKeys: 5, maxPerKey: 5 } }],
    ['CO_PURCHASE', { bounds: { maxKeys: 4 } }],
  ])('of %s are one question', (kind, spec) => {
    const [first, second] = filters.map((filter) => parseQuestion({ kind, spec: { ...spec, filter } }));
    const reversed = Object.fromEntries(Object.entries({ ...spec, filter: filters[1] }).reverse());
    expect(second).toEqual(first);
    expect(parseQuestion({ kind, spec: reversed, epsilon: '0.50', assumedPopulation: null })).toEqual(first);
  });

  const parse = (kind: QuestionKind, spec: unknown) => parseQuestion({ kind, spec }).spec;

  it.each<[QuestionKind, Record<string, unknown>, Record<string, unknown>]>([
    ['COUNT', { measure: 'CUSTOMERS' }, { measure: 'CUSTOMERS', filter: {}, bounds: { maxKeys: 1, maxPerKey: 1 } }],
    ['SUM', sum, { ...sum, bounds: { ...sum.bounds, maxKeys: 1 } }],
    ['MEAN', { ...sum, bounds: { maxPerKey: 9 } }, { ...sum, per: 'CUSTOMER', bounds: { minPerKey: 0, maxPerKey: 9 } }],
    ['QUANTILE', quantile, { ...quantile, quantile: '.500', per: 'CUSTOMER', bounds: { maxPerKey: 1_009 } }],
    ['QUANTILE', without(quantile, 'step'), { ...quantile, step: 1 }],
    [
      'QUANTILE',
      { ...without(quantile, 'step'), bounds: { maxPerKey: 3_000 } },
      { ...quantile, bounds: { maxPerKey: 3_000 }, step: 3 },
    ],
    ['HISTOGRAM', { ...series, dimension: 'CATEGORY' }, { ...series, dimension: 'CATEGORY', level: 1 }],
    ['TOP_K', topK, { ...topK, bounds: { maxKeys: 3, maxPerKey: 1 } }],
    [
      'CO_PURCHASE',
      { bounds: { maxKeys: 4 } },
      { bounds: { maxKeys: 4, maxPerKey: 1 }, filter: { eventTypes: ['PURCHASE'] } },
    ],
    ['RETENTION', retention, { ...retention, dimension: 'MONTH', filter: { since: '2026-03-01' } }],
    [
      'RETENTION',
      { ...retention, dimension: 'WEEK' },
      { ...retention, dimension: 'WEEK', filter: { since: '2026-03-09' } },
    ],
    [
      'SEGMENTS',
      { segmentCount: 4 },
      { segmentCount: 4, features: ['spend', 'recency', 'category', 'frequency', 'spend'] },
    ],
  ])('of %s leave out what is meant anyway: %j', (kind, short, long) => {
    expect(parse(kind, short)).toEqual(parse(kind, long));
  });

  it.each(QUESTION_KINDS)('of %s may say null for what they leave out, and may be the canonical form', (kind) => {
    const example = SPEC_EXAMPLES[kind];
    const canonical = parse(kind, example);
    const names = [
      'measure',
      'per',
      'dimension',
      'level',
      'bounds',
      'k',
      'quantile',
      'step',
      'steps',
      'periods',
      'filter',
    ];
    const filter = { since: null, until: null, eventTypes: null, skus: null, ...(example['filter'] ?? {}) };
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    const spelled = { ...nulls, ...example, ...(kind === 'SEGMENTS' ? {} : { filter }) };
    expect(parse(kind, spelled)).toEqual(canonical);
    expect(parse(kind, canonical)).toEqual(canonical);
  });
});

describe('published schemas', () => {
  const schemas = questionJsonSchemas();

  it.each(QUESTION_KINDS)('describe %s, and the example of it is a question', (kind) => {
    expect(JSON.stringify(schemas[kind])).toContain('"additionalProperties":false');
    // Every bound that there must be is asked for.
    if (kind === 'SUM') expect(schemas[kind]).toMatchObject({ required: ['measure', 'bounds'] });
    const { spec } = parseQuestion({ kind, spec: SPEC_EXAMPLES[kind] });
    // What is stored in the ledger is plain JSON, and reads back as the same question.
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });
});
