import type { Database } from '@sotto/database';
import { findReservation, type ReleaseRow } from '@sotto/ledger';
import type { DpEvent } from '@sotto/privacy';
import { askQuestion, parseQuestion, type QuestionInput } from '@sotto/questions';

/** What an analyst gets, and what the ledger says that it cost. */
export interface Answer {
  readonly rows: readonly ReleaseRow[];
  /** What the release costs alone, and what was charged for this ask of it: nothing for a replay. */
  readonly epsilon: number;
  readonly chargedEpsilon: number;
  readonly event: DpEvent;
}

/** The way of an analyst's question; tests of the attacks put a broken one in its place. */
export type Ask = (database: Database, input: QuestionInput, at: { askedBy: string; now: Date }) => Promise<Answer>;

/** Through the whole path: parse, price, reserve, start, read, draw, store. */
export const askForAnswer: Ask = async (database, input, { askedBy, now }) => {
  const result = await askQuestion(database, parseQuestion(input), { askedBy, now: () => now });
  if (result.kind !== 'released') throw new Error(`The attacked question was refused: ${result.kind}.`);
  const { release, chargedEpsilon } = result;
  const reservation = await findReservation(database, release.id);
  if (!reservation) throw new Error('An answer came without a reservation.');
  return {
    rows: release.rows,
    epsilon: Number(release.epsilon),
    chargedEpsilon: Number(chargedEpsilon),
    event: reservation.event,
  };
};
