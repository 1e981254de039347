import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { GET_NODE, GET_PRODUCT, LIST_PRODUCTS, RECOMMEND, RECORD_EVENTS, UPSERT_PLACEMENT } from './documents.ts';
import { asCustomer, CUSTOMER_TOKEN_SECRET, event, newVisitor, signToken, useGateway } from './harness.ts';

const gateway = useGateway();
const soon = () => Math.floor(Date.now() / 1000) + 600;

interface Recorded {
  readonly recordEvents: {
    readonly accepted: number;
    readonly rejected: readonly { readonly index: number; readonly code: string; readonly message: string }[];
  };
}

afterEach(async () => {
  const { product } = await gateway.read<{ product: { sku: string } }>(GET_PRODUCT, { variables: { sku: 'tea' } });
  expect(product.sku).toBe('tea'); // the server keeps serving
});

async function expectError(query: string, variables: Record<string, unknown>, code: string, message: RegExp) {
  const { body } = await gateway.ask(query, { variables, key: 'secret' });
  expect(body.errors).toHaveLength(1);
  expect(body.errors![0]!.extensions.code).toBe(code);
  expect(body.errors![0]!.message).toMatch(message);
  return body.errors![0]!;
}

describe('lists', () => {
  it.each([0, -1, 10_001])('refuse first: %d by name', async (first) => {
    for (const query of [RECOMMEND, LIST_PRODUCTS]) {
      const error = await expectError(
        query,
        { placement: 'home', first },
        'BAD_INPUT',
        /^first must be from 1 to 100$/,
      );
      expect(error.extensions.path).toBe('first');
    }
    const related = `{ product(sku: "tea") { recommendations(first: ${first}) { recommendationId } } }`;
    await expectError(related, {}, 'BAD_INPUT', /^first /);
  });

  it.each(['x', 'bm90IGEgY3Vyc29y', ''])('refuse the cursor %j', async (after) => {
    await expectError(LIST_PRODUCTS, { after }, 'BAD_INPUT', /cursor/);
    await expectError(RECOMMEND, { placement: 'home', after }, 'BAD_INPUT', /cursor/);
    await expectError(
      'query($after: String) { recentRejections(after: $after) { edges { cursor } } }',
      { after },
      'BAD_INPUT',
      /cursor/,
    );
  });

  it('refuse the cursor of another list', async () => {
    const page = await gateway.read<{ products: { pageInfo: { endCursor: string } } }>(LIST_PRODUCTS, {
      variables: { first: 2 },
    });
    const after = page.products.pageInfo.endCursor;
    await expectError(RECOMMEND, { placement: 'home', after }, 'BAD_INPUT', /cursor/);
  });

  it('refuse a price that is a number, in variables and in the document', async () => {
    const error = await expectError(LIST_PRODUCTS, { filter: { priceMin: 1.5 } }, 'BAD_INPUT', /Decimal/);
    expect(error.extensions.path).toBe('filter.priceMin');
    await expectError('{ products(filter: { priceMin: 1.5 }) { edges { cursor } } }', {}, 'BAD_INPUT', /Decimal/);
    for (const priceMin of ['-1', '1e3', 'NaN', '1.', '1234567890', '0.1234567890123'])
      await expectError(LIST_PRODUCTS, { filter: { priceMin } }, 'BAD_INPUT', /Decimal/);
  });
});

describe('filters', () => {
  it.each(['categories', 'brands'])('refuse too many or too long %s by their path', async (field) => {
    const names = Array.from({ length: 101 }, (_, index) => `${index}`);
    const long = ['a', 'b'.repeat(201)];
    for (const [query, rest] of [
      [LIST_PRODUCTS, {}],
      [RECOMMEND, { placement: 'home' }],
    ] as const) {
      const tooMany = await expectError(query, { ...rest, filter: { [field]: names } }, 'BAD_INPUT', /at most 100/);
      expect(tooMany.extensions.path).toBe(`filter.${field}`);
      const tooLong = await expectError(query, { ...rest, filter: { [field]: long } }, 'BAD_INPUT', /200 characters/);
      expect(tooLong.extensions.path).toBe(`filter.${field}[1]`);
      const filter = { [field]: [...names.slice(1), 'b'.repeat(200)].slice(-100) };
      await gateway.read(query, { variables: { ...rest, filter } });
    }
  });
});

it('says that a placement, a sku or a node is unknown', async () => {
  await expectError(RECOMMEND, { placement: 'no-such-place' }, 'NOT_FOUND', /placement/);
  expect(await gateway.read(GET_PRODUCT, { variables: { sku: 'no-such-sku' } })).toEqual({ product: null });
  await expectError(GET_NODE, { id: 'not an id' }, 'BAD_INPUT', /not an id/);
  const unknown = Buffer.from(`ModelVersion:${randomUUID()}`).toString('base64url');
  expect(await gateway.read(GET_NODE, { variables: { id: unknown }, key: 'secret' })).toEqual({ node: null });
});

describe('keys, tokens and visitor ids', () => {
  it.each([
    ['no key', {}],
    ['an empty key', { 'x-sotto-key': '' }],
    ['a malformed key', { 'x-sotto-key': 'pk_short' }],
    ['an unknown key', { 'x-sotto-key': `sk_${'A'.repeat(43)}` }],
  ])('refuses %s', async (_name, headers) => {
    const { status, body } = await gateway.ask('{ __typename }', { key: null, headers: headers as never });
    expect(status).toBe(401);
    expect(body.errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['expired', () => signToken({ sub: 'a', aud: 'sotto', exp: soon() - 3600 })],
    ['without exp', () => signToken({ sub: 'a', aud: 'sotto' })],
    ['for another audience', () => signToken({ sub: 'a', aud: 'shop', exp: soon() })],
    ['without sub', () => signToken({ aud: 'sotto', exp: soon() })],
    ['with an empty sub', () => signToken({ sub: '', aud: 'sotto', exp: soon() })],
    [
      'signed with another secret',
      () => signToken({ sub: 'a', aud: 'sotto', exp: soon() }, { secret: 'x'.repeat(40) }),
    ],
    ['unsigned', () => signToken({ sub: 'a', aud: 'sotto', exp: soon() }, { algorithm: 'none' })],
    ['of another algorithm', () => signToken({ sub: 'a', aud: 'sotto', exp: soon() }, { algorithm: 'HS512' })],
    ['not yet valid', () => signToken({ sub: 'a', aud: 'sotto', exp: soon(), nbf: soon() - 100 })],
    ['that is no token', () => 'abc'],
  ])('refuses a token %s, and never takes it for nobody', async (_name, make) => {
    const { status, body } = await gateway.ask('{ viewer { consents { purpose } } }', {
      headers: { authorization: `Bearer ${make()}`, ...newVisitor() },
    });
    expect(status).toBe(401);
    expect(body.errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('takes a token that expired within the tolerated clock difference, and refuses another scheme', async () => {
    const token = signToken({ sub: 'a', aud: 'sotto', exp: soon() - 610 }, { secret: CUSTOMER_TOKEN_SECRET });
    await gateway.read('{ viewer { consents { purpose } } }', { headers: { authorization: `bearer ${token}` } });
    const { status } = await gateway.ask('{ __typename }', { headers: { authorization: 'Basic YTpi' } });
    expect(status).toBe(401);
  });

  it.each([
    'short',
    'a'.repeat(22),
    '0000000000000000000000000000000042',
    'has a space in it, which is not',
    'x'.repeat(129),
  ])('refuses the guessable visitor id %j', async (id) => {
    const { status, body } = await gateway.ask('{ __typename }', { headers: { 'x-sotto-visitor': id } });
    expect(status).toBe(400);
    expect(body.errors![0]!.extensions).toEqual({ code: 'BAD_INPUT', path: 'X-Sotto-Visitor' });
  });
});

describe('events', () => {
  async function record(events: readonly object[], headers = newVisitor()) {
    const { recordEvents } = await gateway.read<Recorded>(RECORD_EVENTS, { variables: { events }, headers });
    return recordEvents;
  }

  it('at most 500 a call, and nothing of a longer one is stored', async () => {
    const headers = newVisitor();
    const events = Array.from({ length: 501 }, () => event('tea'));
    const { body } = await gateway.ask(RECORD_EVENTS, { variables: { events }, headers });
    expect(body.errors![0]).toMatchObject({
      message: 'events: at most 500 a call, this one has 501',
      extensions: { code: 'BAD_INPUT' },
    });
    expect(await record(events.slice(0, 500), headers)).toMatchObject({ accepted: 500, rejected: [] });
  });

  const nextYear = () => new Date(Date.now() + 366 * 86_400_000).toISOString();
  it.each([
    ['of an unknown product', () => event('no-such-sku'), 'NOT_FOUND', /sku/],
    ['with U+0000 in its sku', () => event('te\0a'), 'NOT_FOUND', /sku/],
    ['from 1970', () => event('tea', 'VIEW', { occurredAt: '1970-01-01T00:00:01Z' }), 'BAD_INPUT', /occurredAt/],
    ['from next year', () => event('tea', 'VIEW', { occurredAt: nextYear() }), 'BAD_INPUT', /occurredAt/],
    ['with a quantity of nothing', () => event('tea', 'PURCHASE', { quantity: 0 }), 'BAD_INPUT', /quantity/],
    ['with a giant quantity', () => event('tea', 'PURCHASE', { quantity: 10_001 }), 'BAD_INPUT', /quantity/],
    ['with a rating beyond the scale', () => event('tea', 'RATING', { rating: 6 }), 'BAD_INPUT', /rating/],
    ['of a rating without one', () => event('tea', 'RATING'), 'BAD_INPUT', /rating is required/],
    [
      'with an answer that is none',
      () => event('tea', 'VIEW', { recommendationId: 'abc' }),
      'BAD_INPUT',
      /recommendationId/,
    ],
    ['without an id', () => event('tea', 'VIEW', { eventId: '' }), 'BAD_INPUT', /eventId/],
    [
      'of another customer',
      () => event('tea', 'VIEW', { customerExternalId: 'bob' }),
      'FORBIDDEN',
      /customerExternalId/,
    ],
  ])('names the one %s and stores the others', async (_name, make, code, message) => {
    const { accepted, rejected } = await record([event('tea'), make(), event('cup')]);
    expect(accepted).toBe(2);
    expect(rejected).toEqual([{ index: 1, code, message: expect.stringMatching(message) }]);
  });

  it('have a customer: a token, a visitor, or one named with the secret key', async () => {
    const { accepted, rejected } = await record([event('tea')], {} as never);
    expect({ accepted, code: rejected[0]!.code }).toEqual({ accepted: 0, code: 'UNAUTHENTICATED' });
    const own = await record([event('tea', 'VIEW', { customerExternalId: 'alice' })], asCustomer('alice') as never);
    expect(own.accepted).toBe(1);
  });

  it('refuses a rating that is not a number', async () => {
    const events = [event('tea', 'RATING', { rating: 'NaN' })];
    const error = await expectError(RECORD_EVENTS, { events }, 'BAD_INPUT', /rating/);
    expect(error.extensions.path).toBe('events[0].rating');
    const literal =
      'mutation { recordEvents(events: [{ eventId: "1", type: RATING, sku: "tea", rating: NaN }]) { accepted } }';
    await expectError(literal, {}, 'GRAPHQL_VALIDATION_FAILED', /NaN/);
  });
});

describe('requests', () => {
  const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${gateway.origin}/graphql`, {
      method: 'POST',
      body,
      headers: { 'x-sotto-key': gateway.keys.publishable, ...headers },
    });

  it.each([
    [
      'a body of 10 MB',
      () => post(JSON.stringify({ query: `{ __typename } #${'x'.repeat(10_000_000)}` })),
      413,
      'BAD_INPUT',
      /larger than/,
    ],
    ['broken JSON', () => post('{"query": "{ __ty'), 400, 'BAD_INPUT', /JSON/],
    ['an empty body', () => post(''), 400, 'BAD_INPUT', /JSON/],
    ['no query', () => post('{}'), 400, 'BAD_INPUT', /body/],
    ['XML', () => post('<a/>', { 'content-type': 'application/xml' }), 415, 'BAD_INPUT', /application\/json/],
    ['a batch of operations', () => post('[{"query": "{ __typename }"}]'), 400, 'BAD_INPUT', /batch/i],
    ['a broken document', () => post('{"query": "{ product("}'), 400, 'GRAPHQL_PARSE_FAILED', /Syntax/],
    ['an unknown field', () => post('{"query": "{ secrets }"}'), 400, 'GRAPHQL_VALIDATION_FAILED', /secrets/],
    [
      'an unknown operation name',
      () => post('{"query": "query A { __typename }", "operationName": "B"}'),
      400,
      'BAD_INPUT',
      /operation/i,
    ],
    [
      'a form, as a forged page could send',
      () => post('query={__typename}', { 'content-type': 'text/plain', 'x-sotto-key': '' }),
      400,
      'BAD_INPUT',
      /CSRF|preflight/i,
    ],
    [
      'a document it never saw by hash',
      () => post('{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}}'),
      200,
      'PERSISTED_QUERY_NOT_FOUND',
      /Persisted/,
    ],
  ])('%s', async (_name, send, status, code, message) => {
    const response = await send();
    const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect({ status: response.status, code: errors[0]!.extensions.code }).toEqual({ status, code });
    expect(errors[0]!.message).toMatch(message);
    expect(response.headers.get('cache-control')).toContain('no-store');
  });

  const nested = (depth: number): string =>
    depth === 0 ? 'sku' : `recommendations(first: 1) { edges { node { ${nested(depth - 1)} } } }`;
  it.each([
    ['too deep', () => `{ product(sku: "tea") { ${nested(6)} } }`, /depth/i],
    [
      'too many aliases',
      () => `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: product(sku: "tea") { sku }`).join(' ')} }`,
      /alias/i,
    ],
    ['too many directives', () => `{ __typename ${'@include(if: true) '.repeat(30)} }`, /directive/i],
    [
      'too many objects',
      () => `{ products(first: 100) { edges { node { recommendations(first: 100) { edges { node { sku } } } } } } }`,
      /objects/,
    ],
    [
      'too many lists of recommendations',
      () =>
        `{ ${Array.from({ length: 7 }, (_, i) => `a${i}: products(first: 99) { edges { node { recommendations(first: 1) { recommendationId } } } }`).join(' ')} }`,
      /objects/,
    ],
  ])('refuses a query with %s', async (_name, make, message) => {
    const { body } = await gateway.ask(make());
    expect(body.errors!.some((error) => error.extensions.code === 'TOO_COMPLEX' && message.test(error.message))).toBe(
      true,
    );
    expect(body.data ?? null).toBeNull();
  });

  it('refuses fragments that expand exponentially, at once and for the event stream too', async () => {
    const fragments = Array.from(
      { length: 16 },
      (_, i) => `fragment f${i} on Product{...f${i + 1} ...f${i + 1} ...f${i + 1}}`,
    );
    const query = `{product(sku:"tea"){...f0}}${fragments.join('')}fragment f16 on Product{sku}`;
    const expected = { message: expect.stringMatching(/more than 5000 fields/), extensions: { code: 'TOO_COMPLEX' } };
    expect((await gateway.ask(query)).body.errors).toMatchObject([expected]);
    const response = await fetch(`${gateway.origin}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-sotto-key': gateway.keys.secret },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toMatchObject({ errors: [expected] });
  });

  it('refuses a document of too many tokens', async () => {
    const { body } = await gateway.ask(`{ ${'__typename '.repeat(13_000)} }`);
    expect(body.errors![0]!.extensions.code).toBe('GRAPHQL_PARSE_FAILED');
    expect(body.errors![0]!.message).toMatch(/tokens/);
  });

  it('lets the documents of Relay clients pass', async () => {
    await gateway.read(`query { products(first: 20) { edges { node { ...P recommendations(first: 12) { edges { node { ...P } } } } } } }
      fragment P on Product { ...Q id } fragment Q on Product { ...R title } fragment R on Product { ... on Node { id } sku }`);
    await gateway.read(
      '{ products(first: 20) { edges { node { recommendations(first: 4) { edges { node { sku } reason { because { sku } } } } } } } }',
    );
  });
});

it('refuses settings of a placement by their path', async () => {
  const settings = { strategies: ['POPULAR'], diversity: 2 };
  const error = await expectError(UPSERT_PLACEMENT, { input: { name: 'home', settings } }, 'BAD_INPUT', /diversity/);
  expect(error.extensions.path).toBe('settings.diversity');
  await expectError(UPSERT_PLACEMENT, { input: { name: 'No Name', settings } }, 'BAD_INPUT', /name/);
});
