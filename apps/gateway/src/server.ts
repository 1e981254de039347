import { randomUUID } from 'node:crypto';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { Database } from '@sotto/database';
import type { GpcPolicy } from '@sotto/shop';
import type { ShopKeys } from '@sotto/vault';
import { type FastifyBaseLogger, type FastifyError, type FastifyInstance, fastify, LogController } from 'fastify';
import type { Logger } from 'pino';
import { ApiKeys } from './authentication/api-keys.ts';
import { CustomerTokens } from './authentication/customer-tokens.ts';
import { type Context, type FindProduct, identifyCaller, type Services } from './context.ts';
import { answerCors, answerPreflight } from './cors.ts';
import { asRequestError, causeOf } from './errors.ts';
import { createApolloServer, validationRulesFor } from './graphql.ts';
import { addHealthRoutes } from './health.ts';
import { ModelVersions } from './model-versions.ts';
import { ObjectionRecorder } from './objections.ts';
import { PrivacyReceipt } from './privacy-receipt.ts';
import type { Serving } from './serving/types.ts';
import { Slots } from './slots.ts';
import { addEventStream } from './stream.ts';
import { TrainingHints } from './training-hints.ts';

export interface ServerDependencies {
  readonly database: Database;
  readonly serving: Serving;
  /** Looks `product(sku)` up elsewhere than in memory: the yardstick of the benchmark. */
  readonly findProduct?: FindProduct;
  readonly keys: ShopKeys;
  readonly customerTokenSecret: string;
  readonly gpcPolicy: GpcPolicy;
  readonly logger: Logger;
  readonly isProduction: boolean;
  clock(): Date;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Of the pool's connections; the others are the storefront's, whatever analysts ask. */
const ASK_SLOTS = 4;

declare module 'fastify' {
  interface FastifyRequest {
    graphql: Context | undefined;
  }
}

/**
 * The gateway's HTTP server, not listening yet. Closing it waits for what is under way; serving and database are the
 * caller's to close.
 */
export async function createServer(dependencies: ServerDependencies): Promise<FastifyInstance> {
  const { logger, isProduction } = dependencies;
  const server: FastifyInstance = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // One line a request, written below.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
  });
  const services = createServices(dependencies);

  server.decorateRequest('graphql', undefined);
  addHealthRoutes(server, dependencies);
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    answerCors(request, reply);
  });
  // Last, over what Apollo sets for persisted queries: no answer may be kept, since it may be about a person.
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'private, no-store');
  });
  server.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.url !== '/graphql' || request.method === 'OPTIONS') return;
    const { graphql } = request;
    logger.info(
      {
        requestId: request.id,
        operationName: graphql?.operation.name,
        operationType: graphql?.operation.type,
        errorCodes: graphql?.operation.errorCodes,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
    // After the answer: an objection is obeyed at once by its header, and stored without anybody waiting for it.
    if (graphql?.caller.isGpc && graphql.caller.person)
      services.objections.observe(graphql.caller.person, services.clock());
  });
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) logger.error({ err: error, requestId: request.id }, 'unexpected error');
    const body =
      status >= 500
        ? { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
        : { message: describeHttpError(error), extensions: { code: 'BAD_INPUT' } };
    return reply
      .code(status)
      .type('application/json')
      .send({ errors: [body] });
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ errors: [{ message: 'GraphQL is at /graphql', extensions: { code: 'NOT_FOUND' } }] }),
  );

  const apollo = createApolloServer({ logger, isProduction });
  await apollo.start();
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: fastifyApolloHandler(apollo, {
      context: async (request) => {
        try {
          const caller = await identifyCaller(services, request.headers);
          const receipt = new PrivacyReceipt();
          request.graphql = { services, caller, requestId: request.id, receipt, operation: {} };
          return request.graphql;
        } catch (error) {
          throw asRequestError(error);
        }
      },
    }),
  });
  addEventStream(server, {
    services,
    validationRules: validationRulesFor(isProduction),
    onUnexpected: (error, requestId) => logger.error({ err: causeOf(error), requestId }, 'unexpected error'),
  });
  for (const url of ['/graphql', '/graphql/stream']) server.options(url, answerPreflight);
  server.addHook('preClose', async () => services.trainingHints.close());
  server.addHook('onClose', async () => {
    await apollo.stop();
    await services.objections.drain();
  });
  return server;
}

function createServices(dependencies: ServerDependencies): Services {
  const { database, serving, keys, gpcPolicy, logger, clock } = dependencies;
  return {
    database,
    serving,
    findProduct: dependencies.findProduct ?? ((sku) => serving.findProduct(sku)),
    keys,
    gpcPolicy,
    logger,
    clock,
    apiKeys: new ApiKeys(database),
    customerTokens: new CustomerTokens(dependencies.customerTokenSecret, keys.pseudonym),
    modelVersions: new ModelVersions(database, clock),
    askSlots: new Slots(ASK_SLOTS),
    trainingHints: new TrainingHints(database.url, (err) =>
      logger.error({ err }, 'no hints about training runs; their watchers look by the clock'),
    ),
    objections: new ObjectionRecorder(database, gpcPolicy, (err) =>
      logger.error({ err }, 'a Sec-GPC objection was not stored; the next request tries again'),
    ),
  };
}

/** Fastify's words quote the body's first characters for broken JSON, so ours stand in for them. */
function describeHttpError({ code, statusCode }: FastifyError): string {
  if (statusCode === 413) return `the request body is larger than ${BODY_LIMIT_BYTES} bytes`;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return 'send the request as application/json';
  if (statusCode === 400) return 'the request body is not valid JSON';
  return 'the request cannot be read';
}
