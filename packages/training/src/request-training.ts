import {
  type Database,
  findModelVersion,
  insertTraining,
  inTransaction,
  listStatistics,
  type ModelVersion,
  type NewTraining,
  type Transaction,
} from '@sotto/database';
import {
  type AllowanceExceeded,
  type BudgetExhausted,
  LedgerError,
  type Reservation,
  recordRefusal,
  reserve,
} from '@sotto/ledger';
import { PrivacyParameterError } from '@sotto/privacy';
import { InvalidTrainingError } from './invalid-training.ts';
import { composeReleaseRequest } from './release-request.ts';
import { type ParsedTraining, parseTraining, type TrainingInput } from './training-input.ts';

export interface TrainingRequest extends TrainingInput {
  /** A role or 'schedule', never a person: what the model version tells. */
  readonly requestedBy: string;
  /** Whose allowance it is, and whom the ledger names; requestedBy where nobody else is meant. */
  readonly askedBy?: string;
  /** Serve it as soon as it is READY. */
  readonly shouldActivate: boolean;
}

export type RequestTrainingResult =
  | {
      readonly kind: 'requested';
      readonly version: ModelVersion;
      /** What was charged; undefined for a training without a release of its own, which costs nothing. */
      readonly reservation: Reservation | undefined;
    }
  | BudgetExhausted
  | AllowanceExceeded;

/**
 * Prices, reserves, inserts the version PENDING and enqueues its job, all in one transaction: there is no version without
 * its charge and no charge without its version. A refusal inserts nothing and is logged with the ledger.
 * @throws InvalidTrainingError naming the parameter; LedgerError UNAVAILABLE when the clock was set back
 */
export async function requestTraining(
  database: Database,
  request: TrainingRequest,
  now: Date,
): Promise<RequestTrainingResult> {
  const placed = await place(database, request, now);
  if (placed.kind === 'placed')
    return {
      kind: 'requested',
      version: (await findModelVersion(database, placed.id))!,
      reservation: placed.reservation,
    };
  await logRefusal(database, request, placed, now);
  return placed;
}

/** An epsilon that was refused is an ask that was refused. The log holds which parameter, not what was sent. */
async function place(database: Database, request: TrainingRequest, now: Date): Promise<PlacedTraining> {
  try {
    const training = parseTraining(request);
    return await inTransaction(database, (tx) => placeTraining(tx, training, request, now));
  } catch (error) {
    if (error instanceof InvalidTrainingError && error.path === 'epsilon') {
      const refusal = { purpose: 'TRAINING', code: 'BAD_INPUT', parameter: error.path } as const;
      await recordRefusal(database, { askedBy: askerOf(request), ...refusal }, now);
    }
    throw error;
  }
}

export type PlacedTraining =
  | { readonly kind: 'placed'; readonly id: string; readonly reservation: Reservation | undefined }
  | BudgetExhausted
  | AllowanceExceeded;

/** The same inside the caller's transaction; a refusal is the caller's to log, after the transaction. */
export async function placeTraining(
  tx: Transaction,
  training: ParsedTraining,
  request: TrainingRequest,
  now: Date,
): Promise<PlacedTraining> {
  const version = describeVersion(training, request);
  if (training.privacyLevel === 'NONE')
    return { kind: 'placed', id: await insertTraining(tx, version), reservation: undefined };
  const stored = await listStatistics(tx, now);
  if (training.epsilon === undefined) {
    if (stored.length === 0)
      throw new InvalidTrainingError('epsilon', 'no release is stored to learn from; say what a new one may cost');
    const free = { ...version, log: ['Costs nothing more: learns from stored releases alone'] };
    return { kind: 'placed', id: await insertTraining(tx, free), reservation: undefined };
  }
  const asked = await composeReleaseRequest(tx, {
    algorithm: training.algorithm,
    hyperparameters: training.hyperparameters,
    epsilon: training.epsilon,
    previousReleaseId: stored.at(-1)?.releaseId,
    askedBy: askerOf(request),
  }).catch(explainRefusedParameter);
  const reserved = await reserve(tx, asked, now).catch(explainRefusedParameter);
  if (reserved.kind === 'budget-exhausted' || reserved.kind === 'allowance-exceeded') return reserved;
  if (reserved.kind !== 'reserved') throw new Error(`a fresh release was answered with ${reserved.kind}`);
  const { reservation } = reserved;
  const id = await insertTraining(tx, {
    ...version,
    reservationId: reservation.id,
    log: describeReservation(reservation),
  });
  return { kind: 'placed', id, reservation };
}

/** After the transaction: a log of what was refused must not go with it. */
export async function logRefusal(
  database: Database,
  request: TrainingRequest,
  refused: BudgetExhausted | AllowanceExceeded,
  now: Date,
): Promise<void> {
  const code = refused.kind === 'budget-exhausted' ? 'BUDGET_EXHAUSTED' : 'ALLOWANCE_EXCEEDED';
  const question = { kind: 'STATISTIC', algorithm: request.algorithm };
  await recordRefusal(database, { askedBy: askerOf(request), purpose: 'TRAINING', code, question }, now);
}

function describeVersion(
  { algorithm, hyperparameters, privacyLevel }: ParsedTraining,
  { requestedBy, shouldActivate }: TrainingRequest,
): NewTraining {
  return { algorithm, hyperparameters, privacyLevel, requestedBy, shouldActivate };
}

/** What is planned, and who cannot pay: public entries of the ledger. */
export function describeReservation({ epsilon, delta, excludedCohorts }: Reservation): string[] {
  const planned = `Planned: a release of epsilon ${epsilon} at delta ${delta}, counted alone`;
  if (excludedCohorts.length === 0) return [planned];
  return [planned, `Left out, since their budget cannot pay: accounts of ${excludedCohorts.join(', ')}`];
}

function askerOf({ askedBy, requestedBy }: TrainingRequest): string {
  return askedBy ?? requestedBy;
}

/** What the plan or the ledger refuses of a request is a parameter of the training. */
function explainRefusedParameter(error: unknown): never {
  if (error instanceof PrivacyParameterError) throw new InvalidTrainingError(error.parameter, error.message);
  if (error instanceof LedgerError && error.code === 'BAD_INPUT' && error.parameter !== undefined)
    throw new InvalidTrainingError(error.parameter, error.message);
  throw error;
}
