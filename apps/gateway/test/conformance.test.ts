import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@sotto/shop';
import {
  buildASTSchema,
  execute,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isObjectType,
  isScalarType,
  parse,
  validate,
} from 'graphql';
import { compileQuery } from 'graphql-jit';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Context } from '../src/context.ts';
import { prepareOperations } from '../src/operation.ts';
import { buildSchema, printGatewaySchema } from '../src/schema.ts';
import * as documents from './documents.ts';
import { event } from './harness.ts';

vi.mock('graphql-jit', { spy: true });

/** Variables to send with a document, good and bad; those with none are sent without. */
const VARIABLES: Partial<Record<keyof typeof documents, readonly Record<string, unknown>[]>> = {
  GET_PRODUCT: [{ sku: 'tea' }, { sku: 7 }, { sku: null }, {}],
  LIST_PRODUCTS: [
    { first: 2, filter: { categories: 'Kitchen', priceMin: '1.5', brands: null } },
    { first: 1.5 },
    { first: '3' },
    { first: 2 ** 31 },
    { filter: { priceMin: 1.5 } },
    { filter: { color: 'red' } },
    { filter: [] },
  ],
  RECOMMEND: [
    { placement: 'home', first: 3, context: { cartSkus: ['tea'], channel: 'WEB' } },
    { placement: 'home', context: { channel: 'PIGEON' } },
    { first: 3 },
  ],
  RELATED: [
    { sku: 'tea', intent: 'RELATED' },
    { sku: 'tea', intent: 'FRIENDLY' },
  ],
  GET_NODE: [{ id: 'x' }, { id: 12 }, { id: 1.5 }, { id: true }, {}],
  RECORD_EVENTS: [
    { events: [event('tea', 'PURCHASE', { occurredAt: '2026-01-31T12:00:00Z', price: '1.50', quantity: 2 })] },
    { events: event('tea') },
    { events: [event('tea'), event('tea', 'RATING', { rating: 'NaN' })] },
    { events: [event('tea', 'RATING', { rating: 4 }), event('cup', 'VIEW', { price: 1e3 })] },
    { events: [event('tea', 'VIEW', { occurredAt: '2026-02-30T12:00:00Z' }), {}] },
    { events: [event('tea', 'VIEW', { quantity: 1e10, channel: 5, extra: 1 }), null] },
    { events: null },
    { events: 'tea' },
  ],
  GET_VIEWER: [{ first: 3 }, {}],
  UPDATE_CONSENT: [
    { input: { purpose: 'TRAINING', isGranted: true } },
    { input: { purpose: 'TRAINING', isGranted: 'yes' } },
  ],
  UPSERT_PRODUCTS: [
    { products: [{ sku: 'a', title: 'b', attributes: { deep: [1, { x: null }] } }] },
    { products: [{ sku: 'a' }] },
  ],
  DELETE_PRODUCTS: [{ skus: ['a'] }, { skus: [1] }, { skus: 'a' }],
  UPSERT_PLACEMENT: [{ input: { name: 'home', settings: { strategies: ['POPULAR'] } } }, { input: { name: 'home' } }],
  RECENT_REJECTIONS: [{}, { first: 1 }],
  REQUEST_TRAINING: [{ input: { algorithm: 'ease', hyperparameters: { lambda: 1 } } }, { input: { epsilon: '1' } }],
  CANCEL_TRAINING: [{ id: 'x' }],
  ACTIVATE_MODEL: [{ id: 'x' }],
  LIST_MODEL_VERSIONS: [{ first: 1 }],
  GET_TRAINING_RUN: [{ id: 'x' }],
  SET_SCHEDULE: [{ input: { cron: '0 3 * * *', algorithm: 'ease' } }, { input: null }, {}],
  LIST_LEDGER: [
    { first: 2, filter: { cohort: '2026-01', purpose: 'ANALYTICS', since: '2026-01-31T12:00:00Z' } },
    { filter: { until: 'soon' } },
    {},
  ],
  PRICE_QUESTION: [
    { question: { kind: 'COUNT', spec: { measure: 'CUSTOMERS' }, epsilon: '0.5' } },
    { question: { kind: 'COUNT', spec: {}, epsilon: 0.5 } },
  ],
  ASK_QUESTION: [
    { question: { kind: 'COUNT', spec: { measure: 'CUSTOMERS', deep: [1, { x: null }] }, assumedPopulation: 100 } },
    { question: { kind: 'GUESS', spec: null } },
    { question: { kind: 'COUNT', spec: null } },
  ],
  LIST_RELEASES: [{ first: 1 }, {}],
  SET_ALLOWANCE: [
    { input: { askedBy: '*', purpose: 'ANALYTICS', epsilon: '1', windowDays: 7 } },
    { input: { askedBy: '*', purpose: 'ANALYTICS', epsilon: 1 } },
  ],
  LIST_REFUSED_ASKS: [{ first: 1 }],
  LIST_ATTACK_REPORTS: [{}],
  REQUEST_SEGMENTATION: [
    { input: { segmentCount: 4, epsilon: '1', features: ['recency'] } },
    { input: { segmentCount: '4', features: 'recency' } },
  ],
  GET_SEGMENTATION: [{ id: 'x' }, {}],
  LIST_SEGMENTATIONS: [{ first: 1 }],
  ALIASED: [
    { isShown: true, isHidden: true },
    { isShown: false, isHidden: false },
    { isShown: null, isHidden: true },
  ],
};

/** Of all its documents; what one does not declare it does not see. */
const QUICK_START_VARIABLES = { events: [event('tea')], input: { purpose: 'TRAINING', isGranted: true } };

const texts: Readonly<Record<string, string>> = { ...documents, ...documentsOfQuickStart() };
const cases = Object.entries(texts)
  .filter(([name]) => name !== 'WATCH_RUN')
  .flatMap(([name, text]) =>
    (VARIABLES[name as keyof typeof documents] ?? [QUICK_START_VARIABLES]).map((variables) => ({
      name,
      text,
      variables,
    })),
  );

const MAX_FAILURES = 12;

describe('compiled queries answer as graphql-js does, byte for byte', () => {
  const invented = inventedSchema();
  const run = prepareOperations(invented.schema);

  beforeAll(async () => {
    // A document is compiled when it comes again.
    for (const text of Object.values(texts)) {
      const operation = { document: parse(text), documentHash: text, operationName: undefined, variables: {} };
      await run(operation, {} as Context);
      expect(compileQuery).not.toHaveBeenCalled();
    }
    for (const text of Object.values(texts)) {
      const document = parse(text);
      await run({ document, documentHash: text, operationName: undefined, variables: {} }, {} as Context);
      expect(compileQuery).toHaveBeenLastCalledWith(invented.schema, document, undefined);
    }
  });

  async function answerByBoth({ text, variables }: { text: string; variables: Record<string, unknown> }) {
    const document = parse(text);
    expect(validate(invented.schema, document)).toEqual([]);
    invented.places.clear();
    const operation = { document, documentHash: text, operationName: undefined, variables };
    const compiled = await run(operation, {} as Context);
    const interpreted = await execute({
      schema: invented.schema,
      document,
      contextValue: {},
      variableValues: variables,
    });
    return { compiled: JSON.stringify(compiled), interpreted: JSON.stringify(interpreted) };
  }

  it.each(cases)('$name $variables', async (given) => {
    for (const isSparse of [false, true]) {
      Object.assign(invented, { isSparse, failing: undefined });
      const { compiled, interpreted } = await answerByBoth(given);
      expect(compiled).toBe(interpreted);
      // One field fails at a time: of several under one null, the specification lets executors report any.
      const places = [...invented.places].sort();
      const step = Math.ceil(places.length / MAX_FAILURES);
      for (let index = 0; index < places.length; index += step) {
        invented.failing = places[index];
        const answers = await answerByBoth(given);
        expect(answers.compiled).toContain('an invented failure');
        expect(answers.compiled).toBe(answers.interpreted);
      }
    }
  });

  it.each(['RECORD_EVENTS', 'RECOMMEND', 'UPSERT_PRODUCTS', 'REQUEST_TRAINING', 'ASK_QUESTION'] as const)(
    'takes and refuses the same variables for %s',
    async (name) => {
      Object.assign(invented, { isSparse: false, failing: undefined });
      for (const variables of distort(VARIABLES[name]![0]!)) {
        const { compiled, interpreted } = await answerByBoth({ text: texts[name]!, variables });
        expect(compiled).toBe(interpreted);
      }
    },
  );
});

/** The documents inside examples/storefront/index.html, by their operation's name. */
function documentsOfQuickStart(): Record<string, string> {
  const page = readFileSync(join(import.meta.dirname, '../../../examples/storefront/index.html'), 'utf8');
  const fields = /const PRODUCT = '([^']+)'/.exec(page)![1]!;
  const found = [...page.matchAll(/`((?:query|mutation) (\w+)[^`]*)`/g)];
  expect(found.length).toBeGreaterThanOrEqual(3);
  return Object.fromEntries(
    found.map(([, text, name]) => [`QUICK_START_${name}`, text!.replace(/\$\{PRODUCT\}/g, fields)]),
  );
}

/** Each value inside the variables in turn becomes something else. */
function distort(variables: Record<string, unknown>): Record<string, unknown>[] {
  const odd = [null, 0, -1, 1.5, 2 ** 31, '', 'VIEW', '1.5', true, [], [null], [[]], {}, { sku: 'tea' }];
  return pathsOf(variables).flatMap((path) => odd.map((value) => replaceAt(variables, path, value)));
}

function pathsOf(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, child]) => [[key], ...pathsOf(child).map((path) => [key, ...path])]);
}

function replaceAt(root: Record<string, unknown>, path: readonly (string | number)[], value: unknown) {
  const copy = structuredClone(root);
  let place = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  place[path.at(-1)!] = value;
  return copy;
}

/** The gateway's schema with resolvers that invent an answer from the field's place and arguments. */
function inventedSchema() {
  const schema = buildASTSchema(parse(printGatewaySchema()));
  const invented = { schema, places: new Set<string>(), failing: undefined as string | undefined, isSparse: false };
  const real = buildSchema();
  for (const type of Object.values(schema.getTypeMap())) {
    const twin = real.getType(type.name);
    if (isScalarType(type) && isScalarType(twin)) {
      type.parseValue = twin.parseValue;
      type.parseLiteral = twin.parseLiteral;
    }
    if (isAbstractType(type)) type.resolveType = (value) => (value as { __typename: string }).__typename;
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields()))
      field.resolve = (_parent, args, _context, info) => {
        const place = pathOf(info);
        invented.places.add(place);
        if (place === invented.failing) throw new AppError('CONFLICT', 'an invented failure');
        const value = invent(schema, field.type, `${place} ${JSON.stringify(args)}`, invented.isSparse);
        return digest(place) % 2 === 0 ? value : Promise.resolve(value);
      };
  }
  return invented;
}

function invent(schema: GraphQLSchema, type: GraphQLOutputType, seed: string, isSparse: boolean): unknown {
  const number = digest(seed);
  if (isSparse && type === getNullableType(type) && number % 3 === 0) return null;
  const inner = getNullableType(type);
  if (isListType(inner)) {
    const length = isSparse ? number % 2 : 2;
    return Array.from({ length }, (_, index) => invent(schema, inner.ofType, `${seed}.${index}`, isSparse));
  }
  const named = getNamedType(inner);
  if (isEnumType(named)) return named.getValues()[number % named.getValues().length]!.value;
  if (isAbstractType(named)) {
    const types = schema.getPossibleTypes(named);
    return { __typename: types[number % types.length]!.name };
  }
  if (isObjectType(named)) return {};
  if (named.name === 'Int') return number;
  if (named.name === 'Float') return number / 7;
  if (named.name === 'Boolean') return number % 2 === 0;
  return seed;
}

function pathOf({ path }: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let place: GraphQLResolveInfo['path'] | undefined = path; place; place = place.prev) keys.unshift(place.key);
  return keys.join('.');
}

function digest(text: string): number {
  return createHash('sha256').update(text).digest().readUInt16BE();
}
