import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type SourceLocation,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { BoundedCache } from './bounded-cache.ts';
import type { Context } from './context.ts';
import { findListsForObjects } from './variables.ts';

/** A validated document and what to run of it. */
export interface Operation {
  readonly document: DocumentNode;
  /** Names the document's text in the cache of compiled queries. */
  readonly documentHash: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

export type RunOperation = (operation: Operation, context: Context) => Promise<ExecutionResult>;

interface Compiled {
  readonly run: CompiledQuery['query'];
  readonly hasListForObject: ReturnType<typeof findListsForObjects>;
}

/** One compiled query takes about 50 kB; a shop's storefronts send a few dozen different ones. */
const COMPILED_QUERIES = 500;

/**
 * How the gateway runs a validated operation, over HTTP and on the event stream alike: compiled once to JavaScript, and
 * answering exactly as graphql-js does (test/conformance.test.ts).
 */
export function prepareOperations(schema: GraphQLSchema, capacity = COMPILED_QUERIES): RunOperation {
  const compiled = new BoundedCache<Compiled | 'not compilable'>(capacity);
  return async (operation, context) => {
    const { document, documentHash, operationName } = operation;
    const name = `${documentHash} ${operationName ?? ''}`;
    let query = compiled.get(name);
    if (query === undefined) {
      query = compile(schema, document, operationName);
      compiled.set(name, query);
    }
    if (query === 'not compilable') return interpret(schema, operation, context);
    const variables = { ...operation.variables };
    if (query.hasListForObject(variables)) return interpret(schema, operation, context);
    const result = await query.run(undefined, context, variables);
    // Only variables that it refuses leave the compiled query without data: graphql-js says better what is wrong.
    if (!('data' in result)) return interpret(schema, operation, context);
    return result.errors ? { errors: result.errors.map(rebuildError), data: result.data } : result;
  };
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): Compiled | 'not compilable' {
  const compiled = compileQuery(schema, document, operationName);
  const operation = getOperationAST(document, operationName);
  if (!operation || !isCompiledQuery(compiled)) return 'not compilable';
  return { run: compiled.query, hasListForObject: findListsForObjects(schema, operation) };
}

async function interpret(schema: GraphQLSchema, operation: Operation, context: Context): Promise<ExecutionResult> {
  return execute({
    schema,
    document: operation.document,
    contextValue: context,
    variableValues: operation.variables,
    operationName: operation.operationName,
  });
}

/** The compiler's errors only look like GraphQLErrors: they lose their extensions on the way to the caller. */
function rebuildError(error: GraphQLError): GraphQLError {
  const { message, path, originalError, extensions } = error;
  const rebuilt = new GraphQLError(message, { path, originalError, extensions });
  Object.defineProperty(rebuilt, 'locations', { value: copyLocations(error.locations), enumerable: true });
  return rebuilt;
}

function copyLocations(locations: readonly SourceLocation[] | undefined) {
  return locations?.map(({ line, column }) => ({ line, column }));
}
