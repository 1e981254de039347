import { ArtifactError } from '@sotto/database';
import { LedgerError } from '@sotto/ledger';
import { ModelFormatError } from '@sotto/recommender/serving';
import { InvalidHyperparameters, TrainingImpossible } from '@sotto/recommender/training';

const DISK_FULL = '53100';
const TOO_MANY_CONNECTIONS = '53300';

/** The shop has nothing to learn from; the message says what is missing. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';
}

/** The run is another worker's, or over: what this one would still write must not be written. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';
}

/**
 * A private release could not be drawn. What went wrong with rows is `cause`, and nobody is told: the failure of a private
 * run is a fixed text, whatever the rows were.
 */
export class DrawFailedError extends Error {
  override readonly name = 'DrawFailedError';
}

/** A run whose release may have been read for already needs another one, and the ledger cannot grant it. */
export class RunRefusedError extends Error {
  override readonly name = 'RunRefusedError';
}

const MEANT_TO_BE_READ = [
  TrainingDataError,
  TrainingImpossible,
  ArtifactError,
  ModelFormatError,
  LedgerError,
  RunRefusedError,
];
const DRAW_FAILED =
  'The private release could not be drawn. Its charge stands, since rows may have been read; a new training pays again.';

/** Why a run failed, for the people who asked for it: never a customer's data, never an exact count of them. */
export function describeFailure(error: unknown): string {
  if (error instanceof DrawFailedError) return DRAW_FAILED;
  if (error instanceof InvalidHyperparameters) return `Hyperparameter ${error.path}: ${error.message}`;
  if (MEANT_TO_BE_READ.some((kind) => error instanceof kind)) return (error as Error).message;
  if (readCode(error) === DISK_FULL) return 'The disk of the database is full; make room there and train again.';
  if (isOutOfMemory(error))
    return 'There was not enough memory for this training; use another algorithm or a larger machine.';
  const { name } = toError(error);
  return `The training stopped with an unexpected error (${name}); the worker's log says where.`;
}

/** What interrupted a run that is to be tried again, in a sentence that holds when it is given up. */
export function describeInterruption(error: unknown): string {
  const code = readCode(error);
  if (code === TOO_MANY_CONNECTIONS) return 'The database had no connection left for the worker.';
  if (/^40/.test(code)) return 'The database asked for another try.';
  return 'The worker lost the database.';
}

/** The database went away or asked for another try: not the run's own fault. */
export function isTransient(error: unknown): boolean {
  const { message } = toError(error);
  const code = readCode(error);
  return (
    code === TOO_MANY_CONNECTIONS ||
    /^(08|40|57P)|^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect/i.test(message)
  );
}

/** Where an error came from and what kind it is. Numbers in messages may be counts of customers, so they are left out. */
export function describeForLog(error: unknown): {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly frames: readonly string[];
} {
  // What a private draw stumbled over may quote a row: only where it happened is told.
  if (error instanceof DrawFailedError) return { ...describeForLog(error.cause), message: error.message };
  const { name, message, stack } = toError(error);
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name, code: readCode(error), message: message.replace(/\d{2,}/g, '#'), frames: frames.map((f) => f.trim()) };
}

function isOutOfMemory(error: unknown): boolean {
  const { name, message } = toError(error);
  return (
    readCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ||
    (name === 'RangeError' && /allocat|Invalid (typed )?array (buffer )?length|out of memory/i.test(message))
  );
}

function readCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
