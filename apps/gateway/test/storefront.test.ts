import { expect, it } from 'vitest';
import { event, newVisitor, useGateway } from './harness.ts';

const gateway = useGateway();

it('answers a product and records an event', async () => {
  const { product } = await gateway.read<{ product: object }>(
    '{ product(sku: "tea") { id sku title price categories } }',
  );
  expect(product).toMatchObject({ sku: 'tea', title: 'A tea', price: '1.5', categories: ['Kitchen', 'Tea'] });
  const answer = await gateway.ask(
    'mutation($events: [EventInput!]!) { recordEvents(events: $events) { accepted duplicates rejected { index code message } } }',
    {
      variables: { events: [event('tea'), event('nothing')] },
      headers: newVisitor(),
    },
  );
  expect(answer.body).toEqual({
    data: {
      recordEvents: {
        accepted: 1,
        duplicates: 0,
        rejected: [{ index: 1, code: 'NOT_FOUND', message: 'no product has this sku' }],
      },
    },
  });
});
