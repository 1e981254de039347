import { randomBytes } from 'node:crypto';
import { useDatabase } from '@sotto/database/testing';
import { describe, expect, it } from 'vitest';
import { PURPOSES, readConsents, recordGpcObjection, updateConsent } from './consent.ts';
import { identifyVisitor } from './identify.ts';
import { ensureCustomer, type Person } from './people.ts';

const database = useDatabase();
const EVERYTHING = { purposes: PURPOSES };
let minute = 0;
/** Each call a minute after the one before. */
const later = () => new Date(Date.UTC(2026, 0, 1, 0, minute++));

function newPeople() {
  const visitorHash = randomBytes(32);
  const externalIdHash = randomBytes(32);
  return {
    visitor: { kind: 'visitor', visitorHash } as const,
    account: { kind: 'customer', externalIdHash } as const,
    identify: () => identifyVisitor(database.current, { visitorHash, externalIdHash }, later()),
  };
}

const say = (person: Person, isGranted: boolean, purpose: (typeof PURPOSES)[number] = 'PERSONALIZATION') =>
  updateConsent(database.current, person, { purpose, isGranted }, later());
const object = async (person: Person, policy: Parameters<typeof recordGpcObjection>[2] = EVERYTHING) => {
  await ensureCustomer(database.current.pool, person, later());
  await recordGpcObjection(database.current, person, policy, later());
};
const wordOf = async (person: Person) => {
  const consents = await readConsents(database.current, person);
  const word = consents.find(({ purpose }) => purpose === 'PERSONALIZATION');
  return word && [word.isGranted, word.source];
};

async function readMasks(person: Person) {
  const id = await ensureCustomer(database.current.pool, person, later());
  const { rows } = await database.current.pool.query(
    'SELECT consent_mask, gpc_mask, gpc_recorded_mask FROM customer WHERE id = $1',
    [id],
  );
  return rows[0];
}

describe('which word counts after identify', () => {
  it("the visitor's, where the account never spoke", async () => {
    for (const isGranted of [true, false]) {
      const { visitor, account, identify } = newPeople();
      await say(visitor, isGranted);
      await identify();
      expect(await wordOf(account)).toEqual([isGranted, 'IDENTIFY']);
    }
  });

  it("the visitor's later refusal, over the account's grant", async () => {
    const { visitor, account, identify } = newPeople();
    await say(account, true);
    await say(visitor, false);
    await identify();
    expect(await wordOf(account)).toEqual([false, 'IDENTIFY']);
    expect(await readMasks(account)).toMatchObject({ consent_mask: 0 });
  });

  it("the visitor's later objection, over the account's grant, and as an objection", async () => {
    const { visitor, account, identify } = newPeople();
    await say(account, true);
    await object(visitor, { purposes: ['PERSONALIZATION'] });
    await identify();
    expect(await wordOf(account)).toEqual([false, 'GPC']);
    expect(await readMasks(account)).toEqual({ consent_mask: 0, gpc_mask: 1, gpc_recorded_mask: 1 });
  });

  it("the account's, over an earlier refusal or a later grant of the visitor", async () => {
    const refusedBefore = newPeople();
    await say(refusedBefore.visitor, false);
    await say(refusedBefore.account, true);
    await refusedBefore.identify();
    expect(await wordOf(refusedBefore.account)).toEqual([true, 'CUSTOMER']);

    const grantedAfter = newPeople();
    await say(grantedAfter.account, false);
    await say(grantedAfter.visitor, true);
    await grantedAfter.identify();
    expect(await wordOf(grantedAfter.account)).toEqual([false, 'CUSTOMER']);
  });
});

describe('objections after identify', () => {
  it('are known for the purposes whose word moved, and for no other', async () => {
    const { visitor, account, identify } = newPeople();
    await object(visitor);
    await say(visitor, true, 'TRAINING');
    await say(account, true);
    await identify();
    expect(await readMasks(account)).toEqual({ consent_mask: 3, gpc_mask: 4, gpc_recorded_mask: 6 });
  });

  it('are taken from an account that granted before, since the visitor objected before that', async () => {
    const { visitor, account, identify } = newPeople();
    await object(visitor);
    await say(account, true);
    await identify();
    expect(await wordOf(account)).toEqual([true, 'CUSTOMER']);
    await object(account);
    expect(await wordOf(account)).toEqual([false, 'GPC']);
  });
});

it("keeps every word of the visitor as it was said, apart from the account's", async () => {
  const { visitor, identify } = newPeople();
  const visitorId = await ensureCustomer(database.current.pool, visitor, later());
  for (const isGranted of [true, false, true]) await say(visitor, isGranted);
  const read = async () => {
    const { rows } = await database.current.pool.query(
      'SELECT * FROM consent_change WHERE customer_id = $1 ORDER BY changed_at',
      [visitorId],
    );
    return rows;
  };
  const before = await read();
  const { customerId } = await identify();
  expect(before).toHaveLength(3);
  expect(await read()).toEqual(before);
  const { rows } = await database.current.pool.query(
    'SELECT former_customer_id FROM visitor WHERE identified_as = $1',
    [customerId],
  );
  expect(rows).toEqual([{ former_customer_id: visitorId }]);
});
