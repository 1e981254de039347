import { LedgerError } from '@sotto/ledger';
import { AppError } from '@sotto/shop';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** Apollo's names that clients rely on; the rest of its codes are names for bad input. */
const APOLLO_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);
const BAD_INPUT_CODES = new Set(['BAD_USER_INPUT', 'BAD_REQUEST', 'OPERATION_RESOLUTION_FAILURE']);

/** Statuses of failures before anything ran; an answer with data is always 200. */
const HTTP_STATUSES: Partial<Record<AppError['code'], number>> = { UNAUTHENTICATED: 401, BAD_INPUT: 400 };

/** PostgreSQL is away, starting, stopping or full: the same request may do later. */
const UNAVAILABLE_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '53300']);
/** node-postgres gives these no code. */
const UNAVAILABLE_MESSAGES = /^(?:timeout exceeded when trying to connect|Connection terminated)/;

/** The expected failure behind an error, however deep it is wrapped. */
export function findAppError(error: unknown): AppError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause instanceof GraphQLError ? cause.originalError : null) {
    if (cause instanceof AppError) return cause;
    if (cause instanceof LedgerError) return fromLedger(cause);
  }
  return undefined;
}

/** The ledger's failures are expected ones under the same codes: a clock that was set back, say. */
function fromLedger(cause: LedgerError): AppError {
  const { code, message, parameter } = cause;
  return new AppError(code, message, { cause, ...(parameter === undefined ? {} : { path: parameter }) });
}

/** What to log of an error: the one that GraphQL wrapped. */
export function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/** Whether the caller can do nothing about it: it is logged, and masked in the answer. */
export function isUnexpected(error: unknown): boolean {
  if (findAppError(error)) return false;
  const code = error instanceof GraphQLError ? error.extensions['code'] : undefined;
  return !(typeof code === 'string' && (APOLLO_CODES.has(code) || BAD_INPUT_CODES.has(code)));
}

/** Whether an unexpected error is the database's absence: logged like any other, but told to the caller. */
export function isUnavailable(error: unknown): boolean {
  const cause = causeOf(error);
  if (!(cause instanceof Error)) return false;
  const { code } = cause as { code?: unknown };
  return (typeof code === 'string' && UNAVAILABLE_CODES.has(code)) || UNAVAILABLE_MESSAGES.test(cause.message);
}

/** Apollo's formatError: one table of codes, and nothing of what went wrong inside. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { locations, path } = formatted;
  const place = { ...(locations ? { locations } : {}), ...(path ? { path } : {}) };
  const expected = findAppError(error);
  if (expected) {
    const argument = expected.path ?? findVariablePath(formatted.message);
    // Apollo tells variables and literals apart from resolvers' errors by their place in the input.
    const message = path ? expected.message : formatted.message;
    return { message, ...place, extensions: { code: expected.code, ...(argument ? { path: argument } : {}) } };
  }
  if (isUnexpected(error) && isUnavailable(error))
    return { message: 'the database is away; try again', ...place, extensions: { code: 'UNAVAILABLE' } };
  if (isUnexpected(error))
    return { message: 'Internal server error', ...place, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  const code = String(formatted.extensions?.['code']);
  const argument = findVariablePath(formatted.message);
  return {
    message: formatted.message,
    ...place,
    extensions: { code: BAD_INPUT_CODES.has(code) ? 'BAD_INPUT' : code, ...(argument ? { path: argument } : {}) },
  };
}

/** graphql-js names the place of a wrong variable only in its message. */
function findVariablePath(message: string): string | undefined {
  return /^Variable "\$\w+" got invalid value .* at "([^"]+)"; /s.exec(message)?.[1];
}

/** The status of an answer without data. */
export function httpStatusOf(error: unknown): number {
  const expected = findAppError(error);
  if (expected) return HTTP_STATUSES[expected.code] ?? 500;
  if (!isUnexpected(error)) return 400;
  return isUnavailable(error) ? 503 : 500;
}

/** A failure before the operation runs, as Apollo wants it: with its HTTP status. */
export function asRequestError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const extensions = { http: { status: httpStatusOf(error) } };
  return new GraphQLError(error.message, { originalError: error, extensions });
}
