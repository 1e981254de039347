import type { Database } from '@sotto/database';
import { askRelease } from '@sotto/ledger';
import { DiscreteLaplace, type DpEvent } from '@sotto/privacy';
import type { Attack, AttackContext, Repetitions } from '../attack.ts';
import { readClaim } from '../claim.ts';
import { type AttackFinding, epsilonFinding } from '../finding.ts';

/** Where a budget is spent: the ledger, or a broken one. */
export interface SpendingTarget {
  readonly target: string;
  /** The whole budget, and its delta. */
  readonly epsilonLimit: number;
  readonly delta: number;
  /** What every ask costs. */
  readonly event: DpEvent;
  /**
   * Asks the question of this number.
   * @param draw reads the rows; throws when the one who asks has it fail
   * @returns when it was answered or refused; rejects with what `draw` threw
   */
  ask(question: number, draw: () => number): Promise<void>;
  /** Lets so much time pass that nobody waits any more for a draw that failed. */
  wait(): void;
}

const ASKS: Repetitions = { quick: 200, full: 1_000 };
/** Asked at once: more than a pool has connections, so that some wait and some race. */
const AT_ONCE = 32;
/** One in so many fails after its rows were read. A ledger that gives the charge back lets the asker try again. */
const FAILS_EVERY = 3;
/** One in so many asks what another asks at the same time. */
const REPEATS_EVERY = 5;

class FailedDraw extends Error {}

/**
 * Asks many questions at once on one budget, repeats some, lets some fail, and asks those that failed again later. Whatever was
 * drawn, answered or not, has read customers' rows: together it must stay within the budget, by the accounting of
 * packages/privacy rather than the ledger's own sum.
 */
export function overspendAttack(spending: SpendingTarget): Attack {
  return {
    attack: 'overspend-race',
    target: spending.target,
    run: (context) => race(spending, context),
  };
}

async function race(spending: SpendingTarget, { size, pause }: AttackContext): Promise<AttackFinding> {
  const { target, epsilonLimit, delta, event } = spending;
  let drawn = 0;
  const askAll = async (questions: readonly number[], isFailing: (question: number) => boolean) => {
    const left = questions.values();
    const askOn = async () => {
      for (const question of left) {
        const draw = () => {
          drawn++;
          if (isFailing(question)) throw new FailedDraw('the asker lets it fail');
          return drawn;
        };
        await spending.ask(question, draw).catch((error: unknown) => {
          if (!(error instanceof FailedDraw)) throw error;
        });
        await pause();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  };
  const numbers = Array.from({ length: ASKS[size] }, (_, number) => number);
  const failing = numbers.filter((number) => number % FAILS_EVERY === 0);
  const repeated = numbers.filter((number) => number % FAILS_EVERY !== 0 && number % REPEATS_EVERY === 0);
  const asked = [...numbers, ...repeated].sort((left, right) => left - right);
  await askAll(asked, (question) => question % FAILS_EVERY === 0);
  spending.wait();
  await askAll(failing, () => false);
  if (drawn === 0) throw new Error(`${target}: no ask was admitted, so nothing is known of the budget.`);
  const spent: DpEvent = { kind: 'composed', parts: [{ event, count: drawn }] };
  const { epsilon } = readClaim(spent, delta);
  return epsilonFinding('overspend-race', target, { claimed: epsilonLimit, empiricalLower: epsilon });
}

/** As long as a ledger waits for a twin's answer, and more. */
const WAIT_MS = 10 * 60_000;

/** The ledger in an empty database of the attack's own, with the budget that nobody set. */
export function ledgerSpending(database: Database): SpendingTarget {
  let now = new Date();
  const noise = new DiscreteLaplace({ scale: 1 });
  const event: DpEvent = { kind: 'discreteLaplace', scale: '1', sensitivity: 1 };
  return {
    target: 'ledger, concurrent asks',
    epsilonLimit: 10,
    delta: 1e-6,
    event,
    async ask(question, draw) {
      const request = {
        kind: 'COUNT',
        question: { number: question },
        purpose: 'ANALYTICS',
        askedBy: `attacker ${question % 3}`,
        event,
        epsilon: '1',
        delta: '0.000001',
        mechanism: 'discrete Laplace',
        noiseScale: Math.SQRT2,
      } as const;
      const answer = async () => {
        const value = draw() + Number(noise.draw());
        return { answer: { value }, rows: [{ key: 'count', value, lower: null, upper: null, isSuppressed: false }] };
      };
      await askRelease(database, request, answer, () => now);
    },
    wait() {
      now = new Date(now.getTime() + WAIT_MS);
    },
  };
}
