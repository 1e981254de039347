import { LedgerError } from '@sotto/ledger';
import { AppError } from '@sotto/shop';
import { GraphQLError } from 'graphql';
import { expect, it } from 'vitest';
import { asRequestError, formatError, httpStatusOf } from './errors.ts';

const format = (error: GraphQLError) => formatError(error.toJSON(), error);
const wrap = (originalError: Error) => new GraphQLError(originalError.message, { originalError });

it.each([
  [
    new AppError('CONFLICT', 'it is so', { path: 'id' }),
    { message: 'it is so', extensions: { code: 'CONFLICT', path: 'id' } },
  ],
  [
    new LedgerError('UNAVAILABLE', 'the clock was set back', { parameter: 'clock' }),
    { message: 'the clock was set back', extensions: { code: 'UNAVAILABLE', path: 'clock' } },
  ],
  [new TypeError('x of Maria'), { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  [
    Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }),
    { message: 'the database is away; try again', extensions: { code: 'UNAVAILABLE' } },
  ],
  [
    new Error('Connection terminated unexpectedly'),
    { message: 'the database is away; try again', extensions: { code: 'UNAVAILABLE' } },
  ],
])('tells the caller of %s', (error, told) => {
  expect(format(wrap(error))).toEqual(told);
  // Wrapped twice, as a variable's error is.
  expect(format(wrap(wrap(error)))).toMatchObject({ extensions: { code: told.extensions.code } });
});

it("keeps Apollo's names and folds the rest of its codes into one", () => {
  const coded = (code: string) => format(new GraphQLError('so', { extensions: { code } })).extensions;
  expect(coded('GRAPHQL_PARSE_FAILED')).toEqual({ code: 'GRAPHQL_PARSE_FAILED' });
  for (const code of ['BAD_USER_INPUT', 'BAD_REQUEST', 'OPERATION_RESOLUTION_FAILURE'])
    expect(coded(code)).toEqual({ code: 'BAD_INPUT' });
});

it.each([
  [new AppError('UNAUTHENTICATED', 'who'), 401],
  [new AppError('BAD_INPUT', 'what'), 400],
  [new Error('Connection terminated'), 503],
  [new Error('anything'), 500],
])('answers %s before the operation with its status', (error, status) => {
  expect(httpStatusOf(error)).toBe(status);
  expect((asRequestError(error) as GraphQLError).extensions['http']).toEqual({ status });
});
