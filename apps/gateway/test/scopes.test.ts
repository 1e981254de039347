import { generateApiKey, storeApiKey } from '@sotto/database';
import {
  assertObjectType,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { expect, it } from 'vitest';
import { ApiKeys } from '../src/authentication/api-keys.ts';
import { buildSchema } from '../src/schema.ts';
import { GET_NODE } from './documents.ts';
import { useGateway } from './harness.ts';

const gateway = useGateway();
const inProduction = useGateway({ isProduction: true });

/** What a page in a browser may do; everything else needs the secret key, new fields too. */
const STOREFRONT = {
  Query: ['node', 'product', 'products', 'recommendations', 'viewer'],
  Mutation: ['identify', 'recordEvents', 'updateConsent'],
};

it.each(['Query', 'Mutation'] as const)('every field of %s asks who is asking', async (typename) => {
  const fields = Object.values(assertObjectType(buildSchema().getType(typename)).getFields());
  expect(fields.map(({ name }) => name)).toEqual(expect.arrayContaining(STOREFRONT[typename]));
  for (const field of fields) {
    const { body } = await gateway.ask(documentOf(typename, field));
    const codes = body.errors?.map(({ extensions }) => extensions.code) ?? [];
    if (STOREFRONT[typename].includes(field.name)) expect(codes, field.name).not.toContain('FORBIDDEN');
    else expect(codes, field.name).toEqual(['FORBIDDEN']);
    const anonymous = await gateway.ask(documentOf(typename, field), { key: null });
    expect(anonymous.body.errors!.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
  }
});

it('node is no way around: a publishable key sees products, and which model answered', async () => {
  const { placements } = await gateway.read<{ placements: { id: string }[] }>('{ placements { id } }', {
    key: 'secret',
  });
  const { requestTraining } = await gateway.read<{ requestTraining: { id: string } }>(
    'mutation { requestTraining(input: { algorithm: "popularity", withoutPrivacy: true }) { ... on TrainingRun { id } } }',
    { key: 'secret' },
  );
  const versionId = Buffer.from(requestTraining.id, 'base64url').toString().replace('TrainingRun', 'ModelVersion');
  const id = Buffer.from(versionId).toString('base64url');
  const ids = [placements[0]!.id, requestTraining.id];
  for (const hidden of ids) {
    const { body } = await gateway.ask(GET_NODE, { variables: { id: hidden } });
    expect(body).toMatchObject({ data: { node: null }, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(await gateway.read(GET_NODE, { variables: { id: hidden }, key: 'secret' })).toMatchObject({
      node: { id: hidden },
    });
  }
  const ofVersion = (field: string) =>
    gateway.ask(`query($id: ID!) { node(id: $id) { id ... on ModelVersion { ${field} } } }`, { variables: { id } });
  for (const field of ['algorithm', 'status', 'privacy { level }', 'createdAt', 'activatedAt'])
    expect((await ofVersion(field)).body).toMatchObject({ data: { node: { id } } });
  for (const field of ['metrics { name }', 'trainingRun { id }', 'device'])
    expect((await ofVersion(field)).body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  const { product } = await gateway.read<{ product: { id: string } }>('{ product(sku: "tea") { id } }');
  expect(await gateway.read(GET_NODE, { variables: { id: product.id } })).toMatchObject({ node: { sku: 'tea' } });
});

it('lets pages of any origin read answers to a publishable key only', async () => {
  const preflight = await fetch(`${gateway.origin}/graphql`, {
    method: 'OPTIONS',
    headers: { origin: 'https://shop.example', 'access-control-request-headers': 'x-sotto-key,sec-gpc' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  for (const name of ['X-Sotto-Key', 'X-Sotto-Visitor', 'Authorization', 'Sec-GPC', 'Content-Type'])
    expect(preflight.headers.get('access-control-allow-headers')).toContain(name);
  expect((await gateway.ask('{ __typename }')).headers.get('access-control-allow-origin')).toBe('*');
  const secret = await gateway.ask('{ __typename }', { key: 'secret' });
  expect(secret.headers.get('access-control-allow-origin')).toBeNull();
  expect(secret.headers.get('access-control-allow-credentials')).toBeNull();
});

it('answers a GET that a page may send after its preflight', async () => {
  const url = `${gateway.origin}/graphql?query=${encodeURIComponent('{ product(sku: "tea") { sku } }')}`;
  const read = async (headers: Record<string, string>) => (await fetch(url, { headers })).json();
  expect(await read({ 'x-sotto-key': gateway.keys.publishable })).toEqual({ data: { product: { sku: 'tea' } } });
  expect(await read({})).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
});

it('a revoked key stops working within 5 s', async () => {
  const key = generateApiKey('SECRET');
  await storeApiKey(gateway.database, key);
  const keys = new ApiKeys(gateway.database);
  expect(await keys.identify(key, 0)).toEqual({ kind: 'SECRET', prefix: key.slice(0, 9) });
  await gateway.database.pool.query('UPDATE api_key SET revoked_at = now() WHERE prefix = $1', [key.slice(0, 9)]);
  expect(await keys.identify(key, 4_999)).toMatchObject({ kind: 'SECRET' });
  await expect(keys.identify(key, 5_000)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it('hides the schema in production', async () => {
  for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Product") { name } }']) {
    expect((await gateway.ask(query)).body.errors).toBeUndefined();
    const { body } = await inProduction.ask(query);
    expect(body.errors!.every(({ extensions }) => extensions.code === 'GRAPHQL_VALIDATION_FAILED')).toBe(true);
    expect(body.data).toBeUndefined();
  }
  const { body } = await inProduction.ask('{ produc(sku: "tea") { sku } }');
  expect(body.errors![0]!.message).not.toContain('product');
  expect(await inProduction.read('{ __typename product(sku: "tea") { sku } }')).toEqual({
    __typename: 'Query',
    product: { sku: 'tea' },
  });
});

/** A document that asks for one root field with the least arguments. */
function documentOf(typename: string, field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const args = required.map((arg) => `${arg.name}: ${literalOf(arg.type)}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return `${typename === 'Query' ? 'query' : 'mutation'} { ${field.name}${args ? `(${args})` : ''}${selection} }`;
}

function literalOf(type: GraphQLInputType): string {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) return `[${literalOf(inner.ofType)}]`;
  if (isEnumType(inner)) return inner.getValues()[0]!.name;
  if (isInputObjectType(inner)) {
    const required = Object.values(inner.getFields()).filter((field) => isNonNullType(field.type));
    return `{ ${required.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`;
  }
  if (inner.toString() === 'Boolean') return 'true';
  if (inner.toString() === 'Decimal') return '"1"';
  return inner.toString() === 'Int' ? '1' : '"x"';
}
