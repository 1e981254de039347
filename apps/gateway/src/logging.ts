import { type DestinationStream, type Logger, pino } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/**
 * Structured logs, one JSON object a line. They hold no headers, variables, tokens or ids of people; errors are cut to
 * what cannot hold any.
 */
export function createLogger({ level, destination }: LogOptions): Logger {
  const options = { level, base: { app: 'gateway' }, serializers: { err: describeError } };
  return destination ? pino(options, destination) : pino(options);
}

interface DescribedError {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  readonly stack: readonly string[];
  readonly cause?: DescribedError;
}

/** Errors that quote their input: a database error its parameters, a parser its text. */
const QUOTING = new Set(['SyntaxError', 'ZodError', 'GraphQLError']);

/** What a log may say of an error: its kind and where, and its message unless that may quote what a person sent. */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, stack: [] };
  const { code } = error as { code?: unknown };
  const isDatabase = 'severity' in error || error.name.startsWith('Prisma') || error.name === 'DriverAdapterError';
  const type = error.constructor.name;
  return {
    type,
    ...(typeof code === 'string' ? { code } : {}),
    ...(isDatabase || QUOTING.has(type) ? {} : { message: error.message }),
    stack: (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
