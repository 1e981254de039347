import type { Database, PrivateLineage } from '@sotto/database';
import { findReservation } from '@sotto/ledger';
import { RenyiAccountant } from '@sotto/privacy';

/** Decimal places of a reported epsilon, rounded up. */
const REPORTED_PLACES = 6;

/**
 * What a model from these releases cost, whoever else they serve: a single one what it was priced at, several the bound
 * of the Renyi accountant on all of them together, at the delta of the newest. An account that some of them left out is
 * bounded by less.
 * @param releaseIds oldest first, at least one
 */
export async function composeLineage(
  database: Pick<Database, 'pool'>,
  releaseIds: readonly string[],
): Promise<PrivateLineage> {
  const reservations = await Promise.all(releaseIds.map((id) => findReservation(database, id)));
  const paid = reservations.filter((reservation) => reservation !== undefined);
  const newest = paid.at(-1);
  if (!newest || paid.length < releaseIds.length) throw new Error('a release without its reservation');
  const { delta } = newest;
  if (paid.length === 1) return { releaseIds, epsilon: newest.epsilon, delta };
  const accountant = paid.reduce((sum, { event }) => sum.compose(event), new RenyiAccountant());
  return { releaseIds, epsilon: roundUp(accountant.epsilonFor({ delta: Number(delta) })), delta };
}

function roundUp(epsilon: number): string {
  const unit = 10 ** REPORTED_PLACES;
  return String(Math.ceil(epsilon * unit) / unit);
}
