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
import { countSelections } from './limits.ts';
import { findListsForObjects } from './variables.ts';

/** A validated document and what to run of it. */
export interface Operation {
  readonly document: DocumentNode;
  /** Names the document's text among those that were sent. */
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
/** What small queries weigh in the cache, in characters of source; larger ones weigh their length. */
const MIN_WEIGHT = 1_000;
/** Compiling takes time in proportion to what is written and to what fragments expand to: 10 ms and more beyond. */
const MAX_COMPILED_LENGTH = 10_000;
const MAX_COMPILED_SELECTIONS = 1_000;
/** Documents remembered as sent once. */
const SEEN_DOCUMENTS = 5_000;

/**
 * How the gateway runs a validated operation. One that is sent again is compiled to JavaScript, and answers exactly as
 * graphql-js does (test/conformance.test.ts). Clients that write their values into the document send each but once:
 * those are interpreted, since compiling takes longer, and would push the others out of the cache.
 */
export function prepareOperations(schema: GraphQLSchema): RunOperation {
  const compiled = new BoundedCache<Compiled | 'not compilable'>(COMPILED_QUERIES * MIN_WEIGHT);
  const seen = new BoundedCache<true>(SEEN_DOCUMENTS);

  const findCompiled = ({ document, documentHash, operationName }: Operation) => {
    const length = document.loc?.source.body.length ?? Number.POSITIVE_INFINITY;
    if (length > MAX_COMPILED_LENGTH) return 'not compilable';
    const name = `${documentHash} ${operationName ?? ''}`;
    const known = compiled.get(name);
    if (known) return known;
    if (!seen.get(documentHash)) {
      seen.set(documentHash, true);
      return 'not compilable';
    }
    const query = compile(schema, document, operationName);
    compiled.set(name, query, Math.max(length, MIN_WEIGHT));
    return query;
  };

  return async (operation, context) => {
    const query = findCompiled(operation);
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
  const operation = getOperationAST(document, operationName);
  if (!operation || countSelections(document, operation) > MAX_COMPILED_SELECTIONS) return 'not compilable';
  const compiled = compileQuery(schema, document, operationName);
  if (!isCompiledQuery(compiled)) return 'not compilable';
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
