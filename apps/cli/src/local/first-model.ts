import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, findModelVersion, listModelVersions, requestTraining } from '@sotto/database';
import { AppError } from '@sotto/shop';
import type { ReportProgress } from '../terminal.ts';

/** What a new shop serves first: strong from the first interactions on, and folds new ones in at once. */
const FIRST_ALGORITHM = 'ials';
const POLL_MS = 250;

/**
 * Makes sure that a first model is on its way. It is served as soon as it is there.
 * @returns its id; undefined when one is served already or there is nothing to learn from
 */
export async function requestFirstModel(database: Database): Promise<string | undefined> {
  const newest = await listModelVersions(database, { first: 100 });
  const versions = newest?.versions ?? [];
  if (versions.some(({ activatedAt }) => activatedAt !== null)) return undefined;
  // Left by a start that was interrupted: the worker takes it up.
  const waiting = versions.find(
    ({ status, shouldActivate }) => shouldActivate && (status === 'PENDING' || status === 'TRAINING'),
  );
  if (waiting) return waiting.id;
  if (!(await hasInteractions(database))) return undefined;
  const request = { algorithm: FIRST_ALGORITHM, hyperparameters: {}, requestedBy: 'operator', shouldActivate: true };
  return (await requestTraining(database, request)).id;
}

/**
 * Follows a run by its rows until the model is served.
 * @throws AppError with the run's own words when it failed
 */
export async function followTraining(
  database: Database,
  id: string,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const version = await findModelVersion(database, id);
    if (!version) throw new AppError('NOT_FOUND', 'The first model was removed while it was trained.');
    if (version.status === 'ACTIVE') return;
    if (version.status !== 'PENDING' && version.status !== 'TRAINING' && version.status !== 'READY')
      throw new AppError(
        'UNAVAILABLE',
        `The first model is ${version.status}: ${version.failure ?? 'no cause given'}.`,
      );
    report(version.algorithm, version.progress);
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function hasInteractions({ pool }: Database): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>('SELECT EXISTS (SELECT FROM interaction) AS found');
  return rows[0]?.found === true;
}
