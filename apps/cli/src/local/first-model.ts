import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, findModelVersion, listModelVersions } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { requestTraining } from '@sotto/training';
import type { ReportProgress } from '../terminal.ts';

/** What a new shop serves first: private, strong from the first interactions on, and folds new ones in at once. */
const FIRST_ALGORITHM = 'private-ials';
/**
 * What its release may cost alone. Of a budget of epsilon 10 that is a fiftieth, and it buys nearly nine tenths of what the best
 * model without privacy finds in a shop of 20,000 customers: docs/privacy-utility.md has the curve.
 */
const FIRST_EPSILON = '1';
const POLL_MS = 250;

export interface FirstModel {
  /** Undefined when one is served already, or none can be had. */
  readonly id?: string;
  /** Why none can be had, for a person. */
  readonly refusal?: string;
}

/** Makes sure that a first model is on its way where there is something to learn from. It is served as soon as it is there. */
export async function requestFirstModel(database: Database): Promise<FirstModel> {
  const newest = await listModelVersions(database, { first: 100 });
  const versions = newest?.versions ?? [];
  if (versions.some(({ activatedAt }) => activatedAt !== null)) return {};
  // Left by a start that was interrupted: the worker takes it up.
  const waiting = versions.find(
    ({ status, shouldActivate }) => shouldActivate && (status === 'PENDING' || status === 'TRAINING'),
  );
  if (waiting) return { id: waiting.id };
  if (!(await hasInteractions(database))) return {};
  const request = {
    algorithm: FIRST_ALGORITHM,
    epsilon: FIRST_EPSILON,
    requestedBy: 'operator',
    shouldActivate: true,
  };
  const result = await requestTraining(database, request, new Date());
  if (result.kind === 'requested') return { id: result.version.id };
  return { refusal: `No first model: the privacy budget or its allowance cannot pay for epsilon ${FIRST_EPSILON}.` };
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
