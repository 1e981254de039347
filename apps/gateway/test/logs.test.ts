import { expect, it } from 'vitest';
import { IDENTIFY, RECOMMEND, RECORD_EVENTS, UPDATE_CONSENT } from './documents.ts';
import { asCustomer, event, newVisitor, useGateway } from './harness.ts';

const gateway = useGateway();
const EMAIL = 'maria.lopez@example.org';

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly requestId?: string;
  readonly operationName?: string;
}

const lines = () => gateway.logLines.map((line) => JSON.parse(line) as Line & Record<string, unknown>);

it('writes a line for each request, and nothing of the person in it', async () => {
  const visitor = newVisitor();
  const customer = asCustomer(EMAIL);
  const headers = { ...visitor, ...customer, 'sec-gpc': '1' };
  const { headers: answered } = await gateway.ask(RECORD_EVENTS, {
    headers,
    variables: { events: [event('tea', 'VIEW', { customerExternalId: EMAIL }), event(EMAIL)] },
  });
  await gateway.ask(RECORD_EVENTS, { headers, variables: { events: [{ sku: EMAIL, extra: EMAIL }] } });
  await gateway.ask(RECOMMEND, { headers, variables: { placement: EMAIL, context: { searchText: EMAIL } } });
  await gateway.ask(UPDATE_CONSENT, { headers, variables: { input: { purpose: 'TRAINING', isGranted: true } } });
  await gateway.ask(IDENTIFY, { headers });
  await gateway.ask('{ viewer { consents { purpose } } }', { headers: { authorization: `Bearer ${EMAIL}` } });
  await fetch(`${gateway.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sotto-key': gateway.keys.secret },
    body: `{"query": "${EMAIL}`,
  });

  await expect.poll(() => lines().filter(({ msg }) => msg === 'request').length).toBe(7);
  const requestId = answered.get('x-request-id');
  expect(lines().find((line) => line.requestId === requestId)).toMatchObject({
    operationName: 'Record',
    operationType: 'mutation',
    status: 200,
    durationMs: expect.any(Number),
  });
  const written = gateway.logLines.join('');
  const secrets = [
    EMAIL,
    'maria',
    visitor['x-sotto-visitor']!,
    customer['authorization']!,
    gateway.keys.secret,
    gateway.keys.publishable,
  ];
  for (const secret of secrets) expect(written).not.toContain(secret);
});

it('logs no operation name of unusual size', async () => {
  const name = 'a'.repeat(65);
  const { headers } = await gateway.ask(`query ${name} { __typename }`);
  const requestId = headers.get('x-request-id');
  await expect
    .poll(() => lines().find((line) => line.requestId === requestId))
    .toMatchObject({ operationType: 'query' });
  expect(lines().find((line) => line.requestId === requestId)).not.toHaveProperty('operationName');
});

it('masks an unexpected error, and logs it without what the person sent', async () => {
  const { pool } = gateway.database;
  await pool.query('ALTER TABLE consent_change RENAME TO consent_gone');
  try {
    const { status, body, headers } = await gateway.ask(UPDATE_CONSENT, {
      headers: asCustomer(EMAIL),
      variables: { input: { purpose: 'TRAINING', isGranted: true } },
    });
    expect(status).toBe(200);
    expect(body.errors).toEqual([
      {
        message: 'Internal server error',
        locations: expect.anything(),
        path: ['updateConsent'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
    const logged = lines().find(({ level, requestId }) => level === 50 && requestId === headers.get('x-request-id'));
    expect(logged).toMatchObject({ err: { code: '42P01', stack: expect.any(Array) } });
    expect(JSON.stringify(logged)).not.toContain('consent_change');
  } finally {
    await pool.query('ALTER TABLE consent_gone RENAME TO consent_change');
  }
});

it('says whether it lives and whether it can serve', async () => {
  expect(await (await fetch(`${gateway.origin}/healthz`)).json()).toEqual({ status: 'ok' });
  const ready = await fetch(`${gateway.origin}/readyz`);
  expect(await ready.json()).toEqual({ status: 'ready', checks: { serving: true, database: true } });
  const missing = await fetch(`${gateway.origin}/nothing-here`);
  expect(missing.status).toBe(404);
});
