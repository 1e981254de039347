import { describe, expect, it } from 'vitest';
import { CANCEL_TRAINING, REQUEST_TRAINING, WATCH_RUN } from './documents.ts';
import { useGateway } from './harness.ts';

const gateway = useGateway();

async function stream(query: string, variables: Record<string, unknown>, key = gateway.keys.secret) {
  return fetch(`${gateway.origin}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-sotto-key': key },
    body: JSON.stringify({ query, variables }),
  });
}

async function startRun(): Promise<string> {
  const input = { algorithm: 'popularity', withoutPrivacy: true };
  const { requestTraining } = await gateway.read<{ requestTraining: { id: string } }>(REQUEST_TRAINING, {
    key: 'secret',
    variables: { input },
  });
  return requestTraining.id;
}

/** The text of the stream until it ends or holds what is looked for. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, wanted: string): Promise<string> {
  let text = '';
  for (const decoder = new TextDecoder(); !text.includes(wanted); ) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

describe('a training run as server-sent events', () => {
  it('is told as it is, at each change, and to its end', async () => {
    const id = await startRun();
    const response = await stream(WATCH_RUN, { id });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('connection')).toBe('close');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const reader = response.body!.getReader();
    expect(await readUntil(reader, 'PENDING')).toContain(`"id":"${id}"`);
    await gateway.ask(CANCEL_TRAINING, { key: 'secret', variables: { id } });
    const rest = await readUntil(reader, 'event: complete');
    expect(rest).toContain('CANCELLED');
    expect(rest).toContain('event: complete');
  });

  it('needs the secret key, an existing run and a subscription', async () => {
    const id = await startRun();
    const forbidden = await (await stream(WATCH_RUN, { id }, gateway.keys.publishable)).text();
    expect(forbidden).toContain('"code":"FORBIDDEN"');
    const none = Buffer.from(`TrainingRun:${crypto.randomUUID()}`).toString('base64url');
    expect(await (await stream(WATCH_RUN, { id: none })).text()).toContain('"code":"NOT_FOUND"');
    const anonymous = await stream(WATCH_RUN, { id }, 'pk_none');
    expect([anonymous.status, await anonymous.json()]).toMatchObject([
      401,
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
    const query = await stream('{ __typename }', {});
    expect([query.status, await query.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_INPUT' } }] },
    ]);
    expect(await (await stream(WATCH_RUN, { id: true })).json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_INPUT' } }],
    });
    const unknown = await stream('subscription { nothing }', {});
    expect(await unknown.json()).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
    const wrongPlace = await gateway.ask(WATCH_RUN, { key: 'secret', variables: { id } });
    expect(wrongPlace.body.errors![0]!.extensions.code).toBe('BAD_INPUT');
  });

  it('ends when the gateway stops', async () => {
    const reader = (await stream(WATCH_RUN, { id: await startRun() })).body!.getReader();
    await readUntil(reader, 'PENDING');
    await gateway.server.close();
    expect(await readUntil(reader, 'event: complete')).toContain('event: complete');
  });
});
