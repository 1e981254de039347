import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
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
import { createHandler, type Request, type RequestParams, type Response } from 'graphql-sse';
import { type Context, identifyCaller, type Services } from './context.ts';
import { formatError, httpStatusOf, isUnexpected } from './errors.ts';
import { MAX_TOKENS } from './limits.ts';
import { PrivacyReceipt } from './privacy-receipt.ts';
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
    const receipt = new PrivacyReceipt();
    const contextValue: Context = { services, caller, requestId: request.id, receipt, operation: {} };
    return { schema, document, operationName: params.operationName, variableValues: params.variables, contextValue };
  };

  const handle = createHandler<FastifyRequest>({
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
      reply.hijack(); // Fastify's hooks would see the stream's end as an answer
      try {
        await send(reply, await handle(describeRequest(request)));
      } catch (error) {
        onUnexpected(error, request.id);
        reply.raw.destroy(); // the answer has begun: all that can still be said is that it is not whole
      }
    },
  });
}

function describeRequest(raw: FastifyRequest): Request<FastifyRequest, undefined> {
  const { method, url, headers, body } = raw;
  const get = (name: string) => headers[name]?.toString() ?? null;
  return { method, url, headers: { get }, body: body as Record<string, unknown> | null, raw, context: undefined };
}

/** Its connection ends with the stream, so that it cannot hold up a stop. */
async function send(reply: FastifyReply, [body, { status, statusText, headers }]: Response): Promise<void> {
  reply.raw.writeHead(status, statusText, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    ...headers,
    'cache-control': 'private, no-store',
    connection: 'close',
  });
  if (body === null || typeof body === 'string') {
    reply.raw.end(body);
    return;
  }
  // The subscription of a watcher who leaves ends at once, not at its next event.
  reply.raw.once('close', () => void body.return());
  for await (const event of body) {
    if (!reply.raw.writable) break;
    await new Promise((settle) => reply.raw.write(event, settle));
  }
  reply.raw.end();
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
