import { describe, expect, it } from 'vitest';
import { GET_NODE, GET_VIEWER, IDENTIFY, RECOMMEND, RECORD_EVENTS, UPDATE_CONSENT } from './documents.ts';
import { asCustomer, event, newVisitor, useGateway } from './harness.ts';

const gateway = useGateway();

type Headers = Record<string, string>;
interface Consent {
  readonly purpose: string;
  readonly isGranted: boolean;
  readonly source: string;
}
interface Viewer {
  readonly customer: { readonly id: string } | null;
  readonly consents: readonly Consent[];
  readonly recentInteractions: readonly { readonly product: { readonly sku: string } }[];
}

const GPC = { 'sec-gpc': '1' };
let people = 0;
const newCustomer = () => asCustomer(`person-${people++}`);

const record = (headers: Headers, ...skus: string[]) =>
  gateway.read(RECORD_EVENTS, { headers, variables: { events: skus.map((sku) => event(sku)) } });
const say = async (headers: Headers, purpose: string, isGranted: boolean) => {
  const { updateConsent } = await gateway.read<{ updateConsent: { consents: Consent[] } }>(UPDATE_CONSENT, {
    headers,
    variables: { input: { purpose, isGranted } },
  });
  return updateConsent.consents;
};
const view = async (headers: Headers) => (await gateway.read<{ viewer: Viewer }>(GET_VIEWER, { headers })).viewer;
const skusOf = ({ recentInteractions }: Viewer) => recentInteractions.map(({ product }) => product.sku).sort();
const identify = (headers: Headers) =>
  gateway.ask<{ identify: { customer: { id: string }; mergedInteractions: boolean } }>(IDENTIFY, { headers });
const basisOf = async (headers: Headers) => {
  const data = await gateway.read<{ recommendations: { basis: { level: string; because: string } } }>(RECOMMEND, {
    headers,
    variables: { placement: 'home', first: 2 },
  });
  return data.recommendations.basis;
};

describe('consent', () => {
  it('is off at first sight, granted and withdrawn per purpose, and obeyed by the next answer', async () => {
    const headers = newCustomer();
    await record(headers, 'tea');
    expect((await view(headers)).consents).toEqual([]);
    expect(await basisOf(headers)).toMatchObject({ because: 'NO_CONSENT' });
    expect(await say(headers, 'PERSONALIZATION', true)).toEqual([
      { purpose: 'PERSONALIZATION', isGranted: true, source: 'CUSTOMER' },
    ]);
    expect((await basisOf(headers)).because).not.toBe('NO_CONSENT');
    await say(headers, 'TRAINING', true);
    expect(await say(headers, 'PERSONALIZATION', false)).toEqual([
      { purpose: 'PERSONALIZATION', isGranted: false, source: 'CUSTOMER' },
      { purpose: 'TRAINING', isGranted: true, source: 'CUSTOMER' },
    ]);
    expect(await basisOf(headers)).toMatchObject({ level: 'NONE', because: 'NO_CONSENT' });
  });

  it('keeps its history, and saying the same again adds nothing', async () => {
    const headers = newCustomer();
    for (const isGranted of [true, true, false, false, true]) await say(headers, 'ANALYTICS', isGranted);
    const { viewer } = await gateway.read<{ viewer: Viewer }>(GET_VIEWER, { headers });
    const id = Buffer.from(viewer.customer!.id, 'base64url').toString().split(':')[1];
    const { rows } = await gateway.database.pool.query(
      'SELECT is_granted FROM consent_change WHERE customer_id = $1 ORDER BY changed_at',
      [id],
    );
    expect(rows.map((row) => row.is_granted)).toEqual([true, false, true]);
  });

  it('needs somebody', async () => {
    const variables = { input: { purpose: 'TRAINING', isGranted: true } };
    const { body } = await gateway.ask(UPDATE_CONSENT, { variables });
    expect(body.errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    expect(await gateway.read(GET_VIEWER)).toEqual({ viewer: null });
  });

  it('survives being given by many requests at once', async () => {
    const headers = newCustomer();
    await Promise.all(
      ['PERSONALIZATION', 'TRAINING', 'ANALYTICS'].flatMap((p) => [say(headers, p, true), say(headers, p, true)]),
    );
    expect((await view(headers)).consents.map(({ isGranted }) => isGranted)).toEqual([true, true, true]);
  });
});

describe('Sec-GPC', () => {
  it('objects at once, is stored once, and yields to a later explicit grant although it keeps coming', async () => {
    const headers = newCustomer();
    await record(headers, 'tea');
    await say(headers, 'PERSONALIZATION', true);
    expect(await basisOf({ ...headers, ...GPC })).toMatchObject({ level: 'NONE', because: 'GLOBAL_PRIVACY_CONTROL' });
    await expect
      .poll(async () => (await view(headers)).consents.map(({ source }) => source))
      .toEqual(['GPC', 'GPC', 'GPC']);
    expect(await basisOf(headers)).toMatchObject({ because: 'GLOBAL_PRIVACY_CONTROL' }); // also without the header
    await say({ ...headers, ...GPC }, 'PERSONALIZATION', true);
    expect((await basisOf({ ...headers, ...GPC })).because).not.toBe('GLOBAL_PRIVACY_CONTROL');
    const consents = (await view({ ...headers, ...GPC })).consents;
    expect(consents.map(({ purpose, isGranted }) => [purpose, isGranted])).toEqual([
      ['PERSONALIZATION', true],
      ['TRAINING', false],
      ['ANALYTICS', false],
    ]);
  });

  it('stores nothing about somebody unknown', async () => {
    await basisOf({ ...newVisitor(), ...GPC });
    const count = async () => (await gateway.database.pool.query('SELECT count(*)::int AS n FROM visitor')).rows[0].n;
    const before = await count();
    await basisOf({ ...newVisitor(), ...GPC });
    expect(await count()).toBe(before);
  });

  it('a grant in the first request of all stands', async () => {
    const headers = { ...newVisitor(), ...GPC };
    await say(headers, 'PERSONALIZATION', true);
    await basisOf(headers);
    expect((await view(headers)).consents).toMatchObject([
      { purpose: 'PERSONALIZATION', isGranted: true, source: 'CUSTOMER' },
      { purpose: 'TRAINING', isGranted: false, source: 'GPC' },
      { purpose: 'ANALYTICS', isGranted: false, source: 'GPC' },
    ]);
  });
});

describe('identify', () => {
  it('moves the visitor to the account once; the visitor is anonymous again', async () => {
    const visitor = newVisitor();
    const customer = newCustomer();
    await record(visitor, 'tea', 'cup');
    await say(visitor, 'PERSONALIZATION', true);
    await say(visitor, 'TRAINING', true);
    await record(customer, 'jam');
    await say(customer, 'TRAINING', false);

    const { body } = await identify({ ...visitor, ...customer });
    expect(body.data!.identify.mergedInteractions).toBe(true);
    const viewer = await view(customer);
    expect(viewer.customer!.id).toBe(body.data!.identify.customer.id);
    expect(skusOf(viewer)).toEqual(['cup', 'jam', 'tea']);
    expect(viewer.consents).toMatchObject([
      { purpose: 'PERSONALIZATION', isGranted: true, source: 'IDENTIFY' },
      { purpose: 'TRAINING', isGranted: false, source: 'CUSTOMER' },
    ]);
    expect(await view(visitor)).toEqual({ customer: null, consents: [], recentInteractions: [] });

    const again = await identify({ ...visitor, ...customer });
    expect(again.body.data!.identify).toEqual({ ...body.data!.identify, mergedInteractions: false });
    const other = await identify({ ...visitor, ...newCustomer() });
    expect(other.body.errors![0]!.extensions.code).toBe('CONFLICT');
  });

  it('keeps an event that both already have only once', async () => {
    const visitor = newVisitor();
    const customer = newCustomer();
    const shared = event('tea', 'PURCHASE', { quantity: 2, price: '1.50' });
    for (const headers of [visitor, customer])
      await gateway.read(RECORD_EVENTS, { headers, variables: { events: [shared] } });
    expect((await identify({ ...visitor, ...customer })).body.data!.identify.mergedInteractions).toBe(false);
    expect((await view(customer)).recentInteractions).toMatchObject([
      { product: { sku: 'tea' }, quantity: 2, price: '1.5' },
    ]);
  });

  it('loses no event of calls at the same time', async () => {
    const visitor = newVisitor();
    const customer = newCustomer();
    await record(visitor, 'tea');
    const calls = await Promise.all([
      identify({ ...visitor, ...customer }),
      ...Array.from({ length: 8 }, () => record(visitor, 'cup')),
      identify({ ...visitor, ...customer }),
    ]);
    expect(calls.filter((call) => (call as { body?: { errors?: unknown } }).body?.errors)).toEqual([]);
    const both = [...skusOf(await view(customer)), ...skusOf(await view(visitor))];
    expect(both.sort()).toEqual([...Array.from({ length: 8 }, () => 'cup'), 'tea']);
  });

  it('lets one account win a visitor that two claim', async () => {
    const visitor = newVisitor();
    await record(visitor, 'tea');
    const claims = await Promise.all(
      [newCustomer(), newCustomer()].map((customer) => identify({ ...visitor, ...customer })),
    );
    expect(claims.map(({ body }) => body.errors?.[0]?.extensions.code ?? 'won').sort()).toEqual(['CONFLICT', 'won']);
  });

  it('needs both headers', async () => {
    for (const headers of [newVisitor(), newCustomer()])
      expect((await identify(headers)).body.errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
  });
});

it('shows a customer to that customer only', async () => {
  const headers = newCustomer();
  await record(headers, 'tea');
  const { id } = (await view(headers)).customer!;
  expect(await gateway.read(GET_NODE, { headers, variables: { id } })).toMatchObject({ node: { id } });
  for (const other of [newCustomer(), newVisitor()])
    expect(await gateway.read(GET_NODE, { headers: other, variables: { id } })).toEqual({ node: null });
  expect(await gateway.read(GET_NODE, { key: 'secret', variables: { id } })).toEqual({ node: null });
});
