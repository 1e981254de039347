import type { Attack, Repetitions } from '../attack.ts';
import { membershipAttack, type Observation } from '../membership.ts';
import { inScratch, type OpenScratch } from '../scratch.ts';
import { type Ask, askForAnswer } from './ask.ts';
import { ASKED_AT, addCustomers, addInteractions, addSubjects, CANARY_DELTA, openCanaryShop } from './canary-shop.ts';

const RUNS: Repetitions = { quick: 20, full: 120 };
const EPSILON = '2';
/** All at one place and in or out together: their size moves by so many. */
const CANARIES = 12;
const OTHERS = 6;
const DAY_MS = 86_400_000;
const EVERYTHING = 7;

/**
 * Against segments, which have no filter: a shop in which the canaries give and withdraw consent from day to day, so that each
 * day's window is a fresh release over the others, with or without them. The score is how many accounts the segments say
 * there are.
 */
export function segmentAttack(open: OpenScratch, ask: Ask = askForAnswer): Attack {
  const name = { attack: 'membership-inference', target: 'question SEGMENTS' } as const;
  return inScratch(open, name, async (database) => {
    await openCanaryShop(database);
    const event = { product: 'a', type: 'PURCHASE', day: 0, quantity: 1 } as const;
    const others = { count: OTHERS, events: [event] };
    const [subject] = await addSubjects(database, { canary: [], others }, [false]);
    const canaries = await addCustomers(database, CANARIES);
    await addInteractions(
      database,
      canaries.map((customer) => ({ ...event, customer, sku: subject!.a })),
    );
    let now = ASKED_AT;
    return membershipAttack({
      target: name.target,
      runs: RUNS,
      groupFactor: CANARIES,
      delta: Number(CANARY_DELTA),
      async observe(hasCanary): Promise<Observation> {
        await database.pool.query('UPDATE customer SET consent_mask = $2 WHERE id = ANY($1::uuid[])', [
          canaries,
          hasCanary ? EVERYTHING : 0,
        ]);
        now = new Date(now.getTime() + DAY_MS);
        const spec = { segmentCount: 2, features: ['frequency'] };
        const answer = await ask(database, { kind: 'SEGMENTS', spec, epsilon: EPSILON }, { askedBy: 'attacker', now });
        const accounts = answer.rows.reduce((sum, { value }) => sum + (value ?? 0), 0);
        return { seen: [accounts], event: answer.event, soldEpsilon: answer.epsilon };
      },
    });
  });
}
