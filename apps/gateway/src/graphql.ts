import { ApolloServer, type ApolloServerOptionsWithGateway, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { AppError } from '@sotto/shop';
import { type ExecutionResult, NoSchemaIntrospectionCustomRule, type ValidationRule } from 'graphql';
import type { Logger } from 'pino';
import type { Context } from './context.ts';
import { causeOf, formatError, isUnexpected } from './errors.ts';
import { limitRules, MAX_TOKENS } from './limits.ts';
import { prepareOperations } from './operation.ts';
import { buildSchema } from './schema.ts';

/** Names that clients choose: a log holds those of usual size and no others. */
const LOGGED_NAME = /^\w{1,64}$/;

export interface GraphqlOptions {
  readonly logger: Logger;
  /** Hides the schema from clients. */
  readonly isProduction: boolean;
}

/** Apollo Server with compiled execution, limits and the one table of error codes. Call start() before use. */
export function createApolloServer({ logger, isProduction }: GraphqlOptions): ApolloServer<Context> {
  return new ApolloServer<Context>({
    gateway: compiledExecution(),
    // The rule below refuses it, for the event stream too.
    introspection: true,
    // The header asks a browser for a preflight as those that Apollo knows do, so that pages may send GET too.
    csrfPrevention: { requestHeaders: ['x-sotto-key'] },
    hideSchemaDetailsFromClientErrors: isProduction,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: validationRulesFor(isProduction),
    formatError,
    stringifyResult: (result) => JSON.stringify(result),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // It wraps every field of the schema, to compute a header that is always no-store here.
      ApolloServerPluginCacheControlDisabled(),
      logErrors(logger),
    ],
    logger,
  });
}

/** What a document must keep to beyond the specification. In production it may not ask for the schema. */
export function validationRulesFor(isProduction: boolean): ValidationRule[] {
  return [...limitRules, ...(isProduction ? [NoSchemaIntrospectionCustomRule] : [])];
}

/** Apollo lets a gateway bring its own executor: ours compiles queries. */
function compiledExecution(): ApolloServerOptionsWithGateway<Context>['gateway'] {
  const schema = buildSchema();
  const run = prepareOperations(schema);
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: async () => ({
      executor: async ({ document, queryHash, request, context, operation }) => {
        if (operation?.operation === 'subscription')
          throw new AppError('BAD_INPUT', 'subscriptions are streamed at /graphql/stream');
        const { operationName, variables } = request;
        const result = await run({ document, documentHash: queryHash, operationName, variables }, context as Context);
        return withReceipt(result, context as Context) as never;
      },
    }),
    stop: async () => undefined,
  };
}

function withReceipt(result: ExecutionResult, { receipt }: Context): ExecutionResult {
  const privacy = receipt.describe();
  return privacy ? { ...result, extensions: { ...result.extensions, privacy } } : result;
}

/** Tells the request's log line what ran, and logs what nobody expected. */
function logErrors(logger: Logger): ApolloServerPlugin<Context> {
  const logUnexpected = (error: unknown, requestId: string | undefined) => {
    logger.error({ err: causeOf(error), requestId }, 'unexpected error');
  };
  return {
    contextCreationDidFail: async ({ error }) => {
      if (isUnexpected(error)) logUnexpected(error, undefined);
    },
    unexpectedErrorProcessingRequest: async ({ error, requestContext }) =>
      logUnexpected(error, requestContext.contextValue.requestId),
    requestDidStart: async ({ contextValue }) => ({
      didResolveOperation: async ({ operation, operationName }) => {
        contextValue.operation.type = operation?.operation;
        if (operationName && LOGGED_NAME.test(operationName)) contextValue.operation.name = operationName;
      },
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors) if (isUnexpected(error)) logUnexpected(error, contextValue.requestId);
      },
      willSendResponse: async ({ response }) => {
        if (response.body.kind !== 'single') return;
        const codes = response.body.singleResult.errors?.map(({ extensions }) => String(extensions?.['code']));
        if (codes) contextValue.operation.errorCodes = [...new Set(codes)];
      },
    }),
  };
}
