import { describe, expect, it } from 'vitest';
import { RECENT_REJECTIONS, RECORD_EVENTS } from './documents.ts';
import { asCustomer, event, newVisitor, useGateway } from './harness.ts';

const gateway = useGateway();

interface Recorded {
  readonly recordEvents: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly rejected: readonly object[];
  };
}

async function record(events: readonly object[], options: Parameters<typeof gateway.ask>[1] = {}) {
  const { recordEvents } = await gateway.read<Recorded>(RECORD_EVENTS, { ...options, variables: { events } });
  return recordEvents;
}

async function countRows(table: 'interaction' | 'impression' | 'customer' | 'rejection') {
  const { rows } = await gateway.database.pool.query(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0].count as number;
}

describe('recordEvents', () => {
  it('stores a batch once, however often and however parallel it is sent', async () => {
    const headers = asCustomer('retry');
    const events = Array.from({ length: 200 }, (_, i) => event('tea', i % 2 === 0 ? 'VIEW' : 'IMPRESSION'));
    const backwards = [...events].reverse();
    const answers = await Promise.all(
      [events, backwards, events, backwards].map((batch) => record(batch, { headers })),
    );
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(200);
    expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(600);
    expect(await record(events, { headers })).toEqual({ accepted: 0, duplicates: 200, rejected: [] });
    expect([await countRows('interaction'), await countRows('impression')]).toEqual([100, 100]);
  });

  it('counts a duplicate inside the batch', async () => {
    const twice = event('tea');
    expect(await record([twice, twice], { headers: newVisitor() })).toEqual({
      accepted: 1,
      duplicates: 1,
      rejected: [],
    });
  });

  it("keeps one customer's eventId apart from another's", async () => {
    const same = event('tea');
    for (const headers of [asCustomer('a'), asCustomer('b'), newVisitor()])
      expect(await record([same], { headers })).toMatchObject({ accepted: 1, duplicates: 0 });
  });

  it('creates each account once, in the cohort of its month and without consent', async () => {
    const before = await countRows('customer');
    const names = Array.from({ length: 20 }, (_, i) => `new-${i}`);
    const batch = (order: readonly string[]) =>
      order.map((customerExternalId) => event('tea', 'VIEW', { customerExternalId }));
    await Promise.all([names, [...names].reverse(), names].map((order) => record(batch(order), { key: 'secret' })));
    expect((await countRows('customer')) - before).toBe(20);
    const { rows } = await gateway.database.pool.query(
      'SELECT DISTINCT cohort, consent_mask FROM customer WHERE external_id_hash IS NOT NULL',
    );
    expect(rows).toEqual([{ cohort: new Date().toISOString().slice(0, 7), consent_mask: 0 }]);
  });

  it('creates a visitor once for requests at the same time', async () => {
    const before = await countRows('customer');
    const headers = newVisitor();
    await Promise.all(Array.from({ length: 6 }, () => record([event('tea')], { headers })));
    expect((await countRows('customer')) - before).toBe(1);
  });

  it('stores every field as it was sent', async () => {
    const recommendationId = crypto.randomUUID();
    const sent = event('pot', 'PURCHASE', {
      occurredAt: '2024-02-29T10:00:00.123+02:00',
      quantity: 3,
      price: '123456789.123456789012',
      channel: 'CALL_CENTER',
      recommendationId,
    });
    await record([sent], { headers: asCustomer('fields') });
    const { rows } = await gateway.database.pool.query(
      `SELECT occurred_at, quantity, price::text AS price, channel::text AS channel, recommendation_id
       FROM interaction WHERE recommendation_id = $1`,
      [recommendationId],
    );
    expect(rows).toEqual([
      {
        occurred_at: new Date('2024-02-29T08:00:00.123Z'),
        quantity: 3,
        price: '123456789.123456789012',
        channel: 'CALL_CENTER',
        recommendation_id: recommendationId,
      },
    ]);
  });
});

describe('recentRejections', () => {
  it('lists the newest first, page by page, without a person in them', async () => {
    const customerExternalId = 'somebody-else';
    await record([event('no-such-sku'), event('tea', 'RATING'), event('cup', 'VIEW', { customerExternalId })], {
      headers: newVisitor(),
    });
    interface Page {
      readonly recentRejections: {
        readonly edges: readonly { readonly node: { readonly code: string; readonly sku: string | null } }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    }
    const read = async (variables: object) =>
      (await gateway.read<Page>(RECENT_REJECTIONS, { key: 'secret', variables: { ...variables } })).recentRejections;
    const first = await read({ first: 2 });
    expect(first.edges.map(({ node }) => [node.code, node.sku])).toEqual([
      ['FORBIDDEN', 'cup'],
      ['BAD_INPUT', 'tea'],
    ]);
    expect(first.pageInfo.hasNextPage).toBe(true);
    const next = await read({ first: 1, after: first.pageInfo.endCursor });
    expect(next.edges[0]!.node).toMatchObject({ code: 'NOT_FOUND' });
    expect(JSON.stringify([first, next])).not.toContain(customerExternalId);
  });

  it('keeps the newest 1,000', async () => {
    for (let call = 0; call < 3; call++)
      await record(
        Array.from({ length: 400 }, () => event('no-such-sku')),
        { headers: newVisitor() },
      );
    expect(await countRows('rejection')).toBe(1000);
  });
});
