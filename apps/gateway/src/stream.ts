import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { RequestParams, Response } from 'graphql-sse';
import { createHandler } from 'graphql-sse/lib/use/fastify';
import { type Context, identifyCaller, type Services } from './context.ts';
import { formatError, httpStatusOf, isUnexpected } from './errors.ts';
import { MAX_TOKENS } from './limits.ts';
import { buildSchema } from './schema.ts';

export interface EventStreamOptions {
  readonly services: Services;
  readonly validationRules: readonly ValidationRule[];
  /** Told what nobody expected, and by which request. */
  onUnexpected(error: unknown, requestId: string): void;
}

/**
 * Subscriptions as server-sent events at /graphql/stream (the "distinct connections mode" of graphql-sse), under the
 * keys, limits and error codes of /graphql.
 */
export function addEventStream(server: FastifyInstance, options: EventStreamOptions): void {
  const { services, validationRules, onUnexpected } = options;
  const schema = buildSchema();
  const format = (error: unknown, requestId: string) => {
    if (isUnexpected(error)) onUnexpected(error, requestId);
    const known =
      error instanceof GraphQLError ? error : new GraphQLError(String(error), { originalError: error as Error });
    return formatError(known.toJSON(), known);
  };

  const prepare = async (request: FastifyRequest, params: RequestParams) => {
    const caller = await identifyCaller(services, request.headers);
    const document = parseDocument(params.query);
    const [problem] = validate(schema, document, [...specifiedRules, ...validationRules]);
    if (problem) throw withCode(problem, 'GRAPHQL_VALIDATION_FAILED');
    const operation = getOperationAST(document, params.operationName);
    if (operation?.operation !== 'subscription')
      throw new GraphQLError('only subscriptions are streamed; queries and mutations go to /graphql', {
        extensions: { code: 'BAD_REQUEST' },
      });
    const variables = getVariableValues(schema, operation.variableDefinitions ?? [], params.variables ?? {});
    if (variables.errors) throw withCode(variables.errors[0]!, 'BAD_USER_INPUT');
    const contextValue: Context = { services, caller, requestId: request.id, operation: {} };
    return { schema, document, operationName: params.operationName, variableValues: params.variables, contextValue };
  };

  const handle = createHandler<Context & Record<PropertyKey, unknown>>({
    schema,
    authenticate: () => null,
    onSubscribe: async ({ raw }, params) => {
      try {
        return (await prepare(raw, params)) as never;
      } catch (error) {
        return refuse(format(error, raw.id), httpStatusOf(error));
      }
    },
    onNext: (_context, { raw }, result) =>
      'errors' in result && result.errors
        ? { ...result, errors: result.errors.map((error) => format(error, raw.id) as never) }
        : undefined,
  });

  server.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    handler: async (request, reply) => {
      // The stream writes past Fastify's hooks. Its connection ends with it, so that it cannot hold up a stop.
      reply.header('cache-control', 'private, no-store').header('connection', 'close');
      reply.hijack();
      try {
        await handle(request, reply);
      } catch (error) {
        onUnexpected(error, request.id);
        reply.raw.destroy(); // the answer has begun: all that can still be said is that it is not whole
      }
    },
  });
}

function parseDocument(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    throw error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error;
  }
}

/** As Apollo does for /graphql: graphql-js gives no codes. */
function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes = null, source = null, positions = null, originalError } = error;
  return new GraphQLError(error.message, { nodes, source, positions, originalError, extensions: { code } });
}

function refuse(error: object, status: number): Response {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return [
    JSON.stringify({ errors: [error] }),
    { status, statusText: status === 401 ? 'Unauthorized' : 'Bad Request', headers },
  ];
}
