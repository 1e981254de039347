import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { AppError, ERROR_CODES } from '@sotto/shop';
import { Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import type { Context } from './context.ts';
import { MAX_COST } from './limits.ts';
import { parseDateTime, parseDecimal } from './scalars.ts';

/** Objects that can stand behind the Node interface say their type, except products, which are by far the most. */
export interface Typed<Name extends string> {
  readonly __typename: Name;
}

export interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  AuthScopes: {
    /** Any valid key: what a storefront shows and sends. */
    storefront: boolean;
    /** The secret key: what the shop itself does. */
    operator: boolean;
    /** Who may ask statistical questions and see what they cost: the secret key. */
    analyst: boolean;
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Decimal: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
  };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin, RelayPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: ({ caller }) => ({
      storefront: true,
      operator: caller.isSecretKey,
      analyst: caller.isSecretKey,
    }),
    // Before a stream begins, not at its first event.
    authorizeOnSubscribe: true,
    unauthorizedError: () => new AppError('FORBIDDEN', 'this needs the secret key'),
  },
  relay: {
    // One resolver of our own in node.ts: frozen catalogue objects cannot be branded.
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    brandLoadedObjects: false,
    cursorType: 'String',
    nodeTypeOptions: {
      resolveType: (value) => (value as Partial<Typed<string>>).__typename ?? 'Product',
    },
  },
  complexity: {
    limit: { complexity: MAX_COST },
    complexityError: (_kind, { complexity }) =>
      new AppError('TOO_COMPLEX', `the query may return ${complexity} objects, at most ${MAX_COST} are allowed`),
  },
});

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});

builder.scalarType('DateTime', {
  description: 'A moment as RFC 3339, for example 2026-01-31T12:00:00Z.',
  serialize: (value) => value.toISOString(),
  parseValue: parseDateTime,
});
builder.scalarType('Decimal', {
  description: 'A decimal number as a string: up to 9 digits before the point and 12 after it.',
  serialize: (value) => value,
  parseValue: parseDecimal,
  // A number in the document is refused like one in a variable: it went through a float.
  parseLiteral: (node: ValueNode) => parseDecimal(node.kind === Kind.STRING ? node.value : undefined),
});
builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
});

export const ErrorCode = builder.enumType('ErrorCode', { values: ERROR_CODES });
