import { randomBytes } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { ensureCustomer, identifyVisitor, recordGpcObjection, updateConsent } from '@sotto/shop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServing } from './serving.ts';
import {
  activateTrainedModel,
  addInteraction,
  ask,
  createCustomer,
  createProducts,
  describeTestProduct,
} from './testing/shop.ts';
import type { RecommendAnswer, Serving } from './types.ts';

const database = useDatabase();
const sku = (n: number) => describeTestProduct(n).sku;
const skusOf = (answer: RecommendAnswer) => answer.edges.map(({ product }) => product.sku);
let serving: Serving;

beforeAll(async () => {
  await createProducts(database.current, 0, 60);
  await activateTrainedModel(database.current);
  serving = await createServing({
    database: database.current,
    keys: { cursor: randomBytes(32) },
    logger: { error: (error: unknown) => expect.unreachable(String(error)) },
    clock: () => new Date(),
  });
});
afterAll(() => serving.close());

const GRANT = { purpose: 'PERSONALIZATION', isGranted: true } as const;

async function createVisitor() {
  const visitorHash = randomBytes(32);
  const person = { kind: 'visitor', visitorHash } as const;
  await updateConsent(database.current, person, GRANT, new Date());
  return {
    person,
    visitorHash,
    asker: { ...person, isGpc: false },
    add: async (...[sku, type, at]: [string, Parameters<typeof addInteraction>[3], number?]) => {
      const id = await ensureCustomer(database.current.pool, person, new Date());
      await addInteraction(database.current, id, sku, type, at);
    },
  };
}

describe('a visitor who is identified', () => {
  it('is known before, anonymous after, and known again once they grant again', async () => {
    const visitor = await createVisitor();
    const { asker: account } = await createCustomer(database.current);
    await visitor.add(sku(0), 'VIEW');
    const basis = async () => (await serving.recommend(ask(visitor.asker))).basis;
    expect(await basis()).toEqual({ level: 'PERSONAL', because: 'CONSENT' });
    const { visitorHash } = visitor;
    await identifyVisitor(database.current, { visitorHash, externalIdHash: account.externalIdHash }, new Date());
    expect(await basis()).toEqual({ level: 'NONE', because: 'NO_CONSENT' });
    await updateConsent(database.current, visitor.person, GRANT, new Date());
    expect(await basis()).toEqual({ level: 'NONE', because: 'NO_HISTORY' });
    await visitor.add(sku(3), 'VIEW');
    expect(await basis()).toEqual({ level: 'PERSONAL', because: 'CONSENT' });
  });

  it('changes no page that the account is reading', async () => {
    const visitor = await createVisitor();
    const { id, asker } = await createCustomer(database.current);
    for (const n of [0, 3]) await addInteraction(database.current, id, sku(n), 'VIEW');
    const whole = skusOf(await serving.recommend(ask(asker, { first: 30 })));
    for (const bought of [whole[2]!, whole[12]!, sku(1)]) await visitor.add(bought, 'PURCHASE');
    // The newest row of the account: everything of the visitor was received before it.
    await addInteraction(database.current, id, sku(6), 'VIEW');
    const expected = skusOf(await serving.recommend(ask(asker, { first: 30 })));
    const first = await serving.recommend(ask(asker, { first: 10 }));
    const { visitorHash } = visitor;
    const { externalIdHash } = asker;
    await identifyVisitor(database.current, { visitorHash, externalIdHash }, new Date());
    const after = first.edges.at(-1)!.cursor;
    const second = await serving.recommend(ask(asker, { first: 20, after }));
    expect([...skusOf(first), ...skusOf(second)]).toEqual(expected);
    expect(skusOf(await serving.recommend(ask(asker, { first: 30 })))).not.toContain(whole[12]);
  });

  it('is not personalized against the signal because the account granted before it', async () => {
    const visitor = await createVisitor();
    const account = { kind: 'customer', externalIdHash: randomBytes(32) } as const;
    await updateConsent(database.current, account, GRANT, new Date());
    await recordGpcObjection(database.current, visitor.person, { purposes: ['PERSONALIZATION'] }, new Date());
    await updateConsent(database.current, visitor.person, GRANT, new Date());
    await identifyVisitor(database.current, { ...visitor.person, ...account }, new Date());
    const { basis } = await serving.recommend(ask({ ...account, isGpc: true }));
    expect(basis).toEqual({ level: 'NONE', because: 'GLOBAL_PRIVACY_CONTROL' });
  });
});
