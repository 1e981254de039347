import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import { AppError } from '@sotto/shop';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';

/** query > recommendations > edges > node > recommendations > edges > reason > because > sku is 9, fragments are free. */
const MAX_DEPTH = 12;
const MAX_ALIASES = 20;
const MAX_DIRECTIVES = 20;
/** 500 events written out in a mutation take about 8,000. */
export const MAX_TOKENS = 12_000;
/**
 * Objects that an answer may hold, lists counted in full: 100 recommendations with product, reason and its product
 * are 401, 20 products with 12 recommendations each about 1,000.
 */
export const MAX_COST = 2_000;

const reject = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) => {
      const cause = new AppError('TOO_COMPLEX', message.replace(/^Syntax Error: /, ''));
      context?.reportError(new GraphQLError(cause.message, { originalError: cause }));
    },
  ],
};

/** Rules that refuse a document by its shape, before anything runs. */
export const limitRules: ValidationRule[] = [
  maxDepthRule({ n: MAX_DEPTH, flattenFragments: true, ...reject }),
  maxAliasesRule({ n: MAX_ALIASES, ...reject }),
  maxDirectivesRule({ n: MAX_DIRECTIVES, ...reject }),
] as unknown as ValidationRule[];
