import { ArtifactError } from '@sotto/database';
import { InvalidHyperparameters } from '@sotto/recommender/training';

/** The shop has nothing to learn from; the message says what is missing. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';
}

/** Why a run failed, for the people who asked for it: never a customer's data, never an exact count of them. */
export function describeFailure(error: unknown): string {
  if (error instanceof InvalidHyperparameters) return `Hyperparameter ${error.path}: ${error.message}`;
  if (error instanceof TrainingDataError || error instanceof ArtifactError) return error.message;
  if (isOutOfMemory(error))
    return 'There was not enough memory for this training; use another algorithm or a larger machine.';
  const { name } = toError(error);
  return `The training stopped with an unexpected error (${name}); the worker's log says where.`;
}

/** The database went away or asked for another try: not the run's own fault. */
export function isTransient(error: unknown): boolean {
  const { message } = toError(error);
  return (
    /^(08|40|53|57P)|^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/.test(readCode(error)) ||
    /Connection terminated|timeout exceeded when trying to connect/i.test(message)
  );
}

/** Where an error came from and what kind it is. Numbers in messages may be counts of customers, so they are left out. */
export function describeForLog(error: unknown) {
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
