import type { FilterCost, RenyiFilter } from '@sotto/privacy';
import { canonicalJson, sha256 } from './canonical.ts';
import type { Reservation } from './types.ts';

// Each text that is hashed is a JSON list of texts behind a name of its own: no two different things share one.
const OPENING = 'sotto ledger opening 1';
const ENTRY = 'sotto ledger entry 1';
const CONTENT = 'sotto ledger content 1';
const REPLAY_KEY = 'sotto ledger replay key 1';

export interface CohortOpening {
  readonly cohort: string;
  readonly epsilonLimit: string;
  readonly delta: string;
  readonly filter: RenyiFilter;
  readonly openedAt: Date;
}

/** What a cohort's first entry chains to: the budget as it was opened. */
export function hashOpening({ cohort, epsilonLimit, delta, filter, openedAt }: CohortOpening): Buffer {
  const { order, capUnits, deltaCapUnits } = filter;
  return hashTexts([OPENING, cohort, epsilonLimit, delta, order, capUnits, deltaCapUnits, openedAt.toISOString()]);
}

export interface ChainedEntry {
  readonly cohort: string;
  readonly sequence: number;
  readonly id: string;
  readonly reservationId: string;
  readonly at: Date;
  readonly cost: FilterCost;
  readonly cumulative: FilterCost;
  readonly contentHash: Buffer;
  readonly previousHash: Buffer;
}

/** Over every column of the entry, all that its reservation priced, and the entry before. */
export function hashEntry(entry: ChainedEntry): Buffer {
  return hashTexts([
    ENTRY,
    entry.cohort,
    entry.sequence,
    entry.id,
    entry.reservationId,
    entry.at.toISOString(),
    entry.cost.lossUnits,
    entry.cost.deltaUnits,
    entry.cumulative.lossUnits,
    entry.cumulative.deltaUnits,
    entry.contentHash.toString('hex'),
    entry.previousHash.toString('hex'),
  ]);
}

/** Over all that was priced: whatever a reservation keeps but its status. */
export function hashContent(reservation: Omit<Reservation, 'status'> & { readonly replayKey: Buffer }): Buffer {
  const { id, kind, question, event, epsilon, delta, mechanism, noiseScale, purpose, askedBy } = reservation;
  const { cohorts, excludedCohorts, windowEnd, reservedAt, replayKey } = reservation;
  return hashTexts([
    CONTENT,
    id,
    canonicalJson('reservation', {
      kind,
      question,
      event,
      epsilon,
      delta,
      mechanism,
      noiseScale,
      purpose,
      askedBy,
      cohorts,
      excludedCohorts,
      windowEnd: windowEnd.toISOString(),
      reservedAt: reservedAt.toISOString(),
      replayKey: replayKey.toString('hex'),
    }),
  ]);
}

/**
 * The same question about the same window, cohorts included whatever they can pay. A fresh release has a key that no
 * other has.
 */
export function hashReplayKey(asked: {
  readonly kind: string;
  readonly question: Readonly<Record<string, unknown>>;
  readonly windowEnd: Date;
  readonly cohorts: readonly string[];
  readonly freshId: string | null;
}): Buffer {
  const { kind, question, windowEnd, cohorts, freshId } = asked;
  const text = canonicalJson('question', { kind, question, windowEnd: windowEnd.toISOString(), cohorts, freshId });
  return hashTexts([REPLAY_KEY, text]);
}

function hashTexts(parts: readonly (string | number | bigint)[]): Buffer {
  return sha256(JSON.stringify(parts.map(String)));
}
