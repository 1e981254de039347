import type { Database } from '@sotto/database';
import type { ReleaseRow } from '@sotto/ledger';
import type { QuestionInput } from '@sotto/questions';
import type { Attack, AuditSize, Repetitions } from '../attack.ts';
import { membershipAttack, type Observation } from '../membership.ts';
import type { OpenScratch, ScratchDatabase } from '../scratch.ts';
import { type Ask, askForAnswer } from './ask.ts';
import {
  ASKED_AT,
  addSubjects,
  CANARY_DELTA,
  type CanaryEvent,
  FIRST_DAY,
  openCanaryShop,
  type Subject,
  type SubjectAccounts,
} from './canary-shop.ts';

/** A question in which one account can stand out as far as its bounds allow. */
export interface CanaryQuestion {
  readonly kind: Exclude<QuestionInput['kind'], 'SEGMENTS'>;
  readonly accounts: SubjectAccounts;
  /** Many where one answer has a number for each of them, whose noise is independent. */
  readonly subjectsPerAsk: number;
  spec(subjects: readonly Subject[]): unknown;
  /** One score a subject, higher with the canary, and the score from which on the canary is guessed. */
  score(rows: readonly ReleaseRow[], subjects: readonly Subject[]): number[];
  readonly threshold: number;
}

/** Asks on each side. */
const RUNS: Repetitions = { quick: 60, full: 500 };
/** On each side: what the largest budget pays at the larger of the epsilons below. */
const ASKS_PER_SHOP = 150;
/**
 * A few asks show more than 0.1 only where noise is all but missing; many show more than 2 where there is half of it (README,
 * "Power").
 */
const EPSILONS: Readonly<Record<AuditSize, string>> = { quick: '0.1', full: '2' };

const buys = (product: 'a' | 'b', day = 0, quantity = 1): CanaryEvent => ({ product, type: 'PURCHASE', day, quantity });
const views = (product: 'a' | 'b', day = 0): CanaryEvent => ({ product, type: 'VIEW', day, quantity: 1 });
const nobody = { count: 0, events: [] };
const filterOf = (subjects: readonly Subject[]) => ({ skus: subjects.map(({ a }) => a) });
const first = (rows: readonly ReleaseRow[]) => [rows[0]?.value ?? 0];
const total = (rows: readonly ReleaseRow[]) => [rows.reduce((sum, { value }) => sum + (value ?? 0), 0)];

/** More than any bound below allows. */
const HOARD = 50;
/** Others with the pair: one more takes it past the threshold that CO_PURCHASE has at epsilon 2. */
const PAIR_OTHERS = 10;

export const CANARY_QUESTIONS: readonly CanaryQuestion[] = [
  {
    kind: 'COUNT',
    accounts: { canary: [buys('a')], others: nobody },
    subjectsPerAsk: 1,
    spec: (subjects) => ({ measure: 'CUSTOMERS', filter: filterOf(subjects) }),
    score: first,
    threshold: 1,
  },
  {
    kind: 'SUM',
    accounts: { canary: [buys('a', 0, HOARD)], others: nobody },
    subjectsPerAsk: 1,
    spec: (subjects) => ({ measure: 'QUANTITY', bounds: { maxPerKey: 2 }, filter: filterOf(subjects) }),
    score: first,
    threshold: 1,
  },
  {
    kind: 'MEAN',
    accounts: { canary: [buys('a', 0, HOARD)], others: { count: 3, events: [buys('a')] } },
    subjectsPerAsk: 1,
    spec: (subjects) => ({
      measure: 'QUANTITY',
      bounds: { minPerKey: 0, maxPerKey: 10 },
      filter: filterOf(subjects),
    }),
    score: first,
    threshold: 2,
  },
  {
    kind: 'QUANTILE',
    accounts: { canary: [buys('a', 0, HOARD)], others: nobody },
    subjectsPerAsk: 1,
    spec: (subjects) => ({
      measure: 'QUANTITY',
      quantile: '0.5',
      bounds: { minPerKey: 0, maxPerKey: 1 },
      step: 1,
      filter: filterOf(subjects),
    }),
    score: first,
    threshold: 1,
  },
  {
    kind: 'HISTOGRAM',
    accounts: { canary: [buys('a')], others: nobody },
    subjectsPerAsk: 20,
    spec: (subjects) => ({
      dimension: 'PRODUCT',
      measure: 'CUSTOMERS',
      bounds: { maxKeys: 1 },
      filter: filterOf(subjects),
    }),
    score: (rows, subjects) => {
      const values = new Map(rows.map(({ key, value }) => [key, value ?? 0]));
      return subjects.map(({ a }) => values.get(a)!);
    },
    threshold: 1,
  },
  {
    kind: 'TIME_SERIES',
    accounts: { canary: [buys('a', 0), buys('a', 1)], others: nobody },
    subjectsPerAsk: 1,
    spec: (subjects) => ({
      dimension: 'DAY',
      measure: 'CUSTOMERS',
      bounds: { maxKeys: 2 },
      filter: { ...filterOf(subjects), since: FIRST_DAY, until: '2026-01-07' },
    }),
    score: total,
    threshold: 1,
  },
  {
    kind: 'TOP_K',
    accounts: { canary: [buys('a')], others: nobody },
    subjectsPerAsk: 1,
    spec: ([{ a, b } = { a: '', b: '' }]) => ({
      dimension: 'PRODUCT',
      measure: 'CUSTOMERS',
      k: 1,
      bounds: { maxKeys: 1 },
      filter: { skus: [a, b] },
    }),
    score: (rows, [subject]) => [rows[0]?.key === subject?.a ? (rows[0]?.value ?? 0) : 0],
    threshold: 1,
  },
  {
    kind: 'CO_PURCHASE',
    accounts: { canary: [buys('a'), buys('b')], others: { count: PAIR_OTHERS, events: [buys('a'), buys('b')] } },
    subjectsPerAsk: 1,
    spec: ([{ a, b } = { a: '', b: '' }]) => ({ bounds: { maxKeys: 1 }, filter: { skus: [a, b] } }),
    score: first, // nothing shown is 0
    threshold: PAIR_OTHERS + 1,
  },
  {
    kind: 'FUNNEL',
    accounts: { canary: [views('a'), buys('a')], others: nobody },
    subjectsPerAsk: 1,
    spec: (subjects) => ({ steps: ['VIEW', 'PURCHASE'], filter: filterOf(subjects) }),
    score: (rows) => [rows.at(-1)?.value ?? 0],
    threshold: 1,
  },
  {
    kind: 'RETENTION',
    accounts: { canary: [buys('a', 0), buys('a', 7)], others: nobody },
    subjectsPerAsk: 1,
    spec: (subjects) => ({ dimension: 'WEEK', periods: 2, filter: { ...filterOf(subjects), since: FIRST_DAY } }),
    score: (rows) => total(rows.filter(({ key }) => key.startsWith(FIRST_DAY))),
    threshold: 1,
  },
];

/** Against a kind of question by its whole path, in canary shops of its own. */
export function questionAttack(open: OpenScratch, question: CanaryQuestion, ask: Ask = askForAnswer): Attack {
  const { kind, subjectsPerAsk, threshold } = question;
  const target = `question ${kind}`;
  return {
    attack: 'membership-inference',
    target,
    async run(context) {
      const runs = Math.ceil(RUNS[context.size] / subjectsPerAsk);
      const epsilon = EPSILONS[context.size];
      const shops = new CanaryShops(open, question, Math.min(runs, ASKS_PER_SHOP));
      const attack = membershipAttack({
        target,
        runs: { quick: runs, full: runs },
        threshold,
        delta: Number(CANARY_DELTA),
        async observe(hasCanary): Promise<Observation> {
          const { database, subjects } = await shops.next(hasCanary);
          const input = { kind, spec: question.spec(subjects), epsilon };
          const answer = await ask(database, input, { askedBy: 'attacker', now: ASKED_AT });
          return { seen: question.score(answer.rows, subjects), event: answer.event, soldEpsilon: answer.epsilon };
        },
      });
      try {
        return await attack.run(context);
      } finally {
        await shops.close();
      }
    },
  };
}

/** Hands out subjects that were not asked about, from one shop after the other: a shop's budget pays so many asks. */
class CanaryShops {
  readonly #open: OpenScratch;
  readonly #question: CanaryQuestion;
  readonly #asksPerShop: number;
  #shop: ScratchDatabase | undefined;
  #left = { without: [] as Subject[], withCanary: [] as Subject[] };

  /** @param asksPerShop on each side */
  constructor(open: OpenScratch, question: CanaryQuestion, asksPerShop: number) {
    this.#open = open;
    this.#question = question;
    this.#asksPerShop = asksPerShop;
  }

  async next(hasCanary: boolean): Promise<{ readonly database: Database; readonly subjects: readonly Subject[] }> {
    const side = hasCanary ? 'withCanary' : 'without';
    if (this.#left[side].length === 0) await this.#openNext();
    const subjects = this.#left[side].splice(0, this.#question.subjectsPerAsk);
    return { database: this.#shop!.database, subjects };
  }

  async #openNext(): Promise<void> {
    await this.close();
    this.#shop = await this.#open();
    const { database } = this.#shop;
    await openCanaryShop(database);
    const { accounts, subjectsPerAsk } = this.#question;
    const add = (isIn: boolean) =>
      addSubjects(database, accounts, new Array<boolean>(this.#asksPerShop * subjectsPerAsk).fill(isIn));
    this.#left = { without: await add(false), withCanary: await add(true) };
  }

  async close(): Promise<void> {
    await this.#shop?.close();
    this.#shop = undefined;
  }
}
