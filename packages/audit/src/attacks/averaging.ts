import { estimateEpsilon } from '@sotto/privacy/testing';
import type { QuestionInput } from '@sotto/questions';
import type { Attack, AttackContext, Repetitions } from '../attack.ts';
import { type AttackFinding, epsilonFinding, plainFinding } from '../finding.ts';
import { ROW_FALSE_ALARM } from '../odds.ts';
import { inScratch, type OpenScratch } from '../scratch.ts';
import { type Ask, askForAnswer } from './ask.ts';
import { ASKED_AT, addSubjects, CANARY_DELTA, openCanaryShop, type Subject } from './canary-shop.ts';

/** Subjects on each side. */
const SUBJECTS: Repetitions = { quick: 6, full: 60 };
const EPSILON = '1';
/** Between nobody and the canary. */
const HALF_WAY = 0.5;
const HOUR_MS = 3_600_000;
const ALL_EVENT_TYPES = ['VIEW', 'CART', 'PURCHASE', 'RATING', 'LIKE', 'DISLIKE'];

type CountInput = Pick<QuestionInput, 'spec' | 'epsilon' | 'assumedPopulation' | 'requireAllCohorts'>;

/** Ways to say: how many customers have to do with this product? */
const PARAPHRASES: readonly ((sku: string) => CountInput)[] = [
  (sku) => ({ spec: { measure: 'CUSTOMERS', filter: { skus: [sku] } }, epsilon: EPSILON }),
  (sku) => ({
    spec: { filter: { skus: [sku, sku] }, measure: 'CUSTOMERS', bounds: { maxPerKey: 1 } },
    epsilon: EPSILON,
  }),
  (sku) => ({ spec: { measure: 'CUSTOMERS', filter: { skus: [sku], channels: null, since: null } }, epsilon: EPSILON }),
  (sku) => ({ spec: { measure: 'CUSTOMERS', filter: { eventTypes: ALL_EVENT_TYPES, skus: [sku] } }, epsilon: EPSILON }),
  (sku) => ({
    spec: { measure: 'CUSTOMERS', filter: { skus: [sku], eventTypes: ALL_EVENT_TYPES.toReversed() } },
    epsilon: EPSILON,
  }),
  (sku) => ({ spec: { measure: 'CUSTOMERS', filter: { skus: [sku] } }, epsilon: '1.000' }),
  // Asked for less, a better answer that is stored already comes.
  (sku) => ({ spec: { measure: 'CUSTOMERS', filter: { skus: [sku] } }, epsilon: '0.25' }),
  (sku) => ({ spec: { measure: 'CUSTOMERS', filter: { skus: [sku] } }, epsilon: EPSILON, assumedPopulation: 1_000 }),
];
/** Each paraphrase so often, by other analysts and at other hours of the day. */
const ROUNDS = 2;

/**
 * Averaging: asks one question again and again, in other words, by other analysts, at other hours. Fresh noise each time would
 * average out, so the average of all answers must be as far off as one answer, for what one costs. An answer that
 * cost nothing and was not given before breaks the promise by itself.
 */
export function averagingAttack(open: OpenScratch, ask: Ask = askForAnswer): Attack {
  const name = { attack: 'averaging', target: 're-asks and paraphrases of a COUNT' } as const;
  return inScratch(open, name, async (database) => {
    await openCanaryShop(database);
    const accounts = {
      canary: [{ product: 'a', type: 'PURCHASE', day: 0, quantity: 1 }],
      others: { count: 0, events: [] },
    } as const;
    return {
      ...name,
      async run(context) {
        const count = SUBJECTS[context.size];
        const subjects = await addSubjects(
          database,
          accounts,
          Array.from({ length: 2 * count }, (_, index) => index >= count),
        );
        const askFrom = (input: QuestionInput, at: { askedBy: string; now: Date }) => ask(database, input, at);
        return averageOut(name.target, subjects, askFrom, context);
      },
    };
  });
}

type AskHere = (input: QuestionInput, at: { askedBy: string; now: Date }) => ReturnType<Ask>;

async function averageOut(
  target: string,
  subjects: readonly Subject[],
  ask: AskHere,
  { pause }: AttackContext,
): Promise<AttackFinding> {
  const averages: number[] = [];
  let claimed = 0;
  let isFreeOfNews = true;
  // All subjects in each round: the ledger's clock does not go back.
  const asked = subjects.map(() => ({ values: [] as number[], paid: new Set<number>(), charged: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { a }] of subjects.entries()) {
      const state = asked[index]!;
      for (const [number, paraphrase] of PARAPHRASES.entries()) {
        const at = { askedBy: `analyst ${number % 3}`, now: new Date(ASKED_AT.getTime() + round * HOUR_MS) };
        const { rows, chargedEpsilon } = await ask({ kind: 'COUNT', ...paraphrase(a) }, at);
        const value = rows[0]?.value ?? 0;
        if (chargedEpsilon > 0) state.paid.add(value);
        else if (!state.paid.has(value)) isFreeOfNews = false;
        state.values.push(value);
        state.charged += chargedEpsilon;
        await pause();
      }
    }
  }
  for (const { values, charged } of asked) {
    averages.push(values.reduce((sum, value) => sum + value, 0) / values.length);
    claimed = Math.max(claimed, charged);
  }
  if (!isFreeOfNews) return plainFinding('averaging', `${target}: an answer that nobody paid for`, false);
  const half = averages.length / 2;
  const sides = [averages.slice(0, half).values(), averages.slice(half).values()] as const;
  const { epsilonLowerBound } = estimateEpsilon({
    run: (side) => (sides[side].next().value! >= HALF_WAY ? 1 : 0),
    trials: half,
    delta: Number(CANARY_DELTA),
    falseAlarm: ROW_FALSE_ALARM,
  });
  return epsilonFinding('averaging', target, { claimed, empiricalLower: epsilonLowerBound });
}
