import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import { AppError } from '@sotto/shop';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/** query > recommendations > edges > node > recommendations > edges > reason > because > sku is 9, fragments are free. */
const MAX_DEPTH = 12;
const MAX_ALIASES = 20;
const MAX_DIRECTIVES = 20;
/**
 * Selections of an operation with its fragments written out where they are spread: executors expand them, and
 * fragments that spread others several times grow exponentially out of a few lines.
 */
const MAX_SELECTIONS = 5_000;
/** 500 events written out in a mutation take about 8,000. */
export const MAX_TOKENS = 12_000;
/**
 * Objects that an answer may hold, lists counted in full, and 20 more for each list of recommendations: 100
 * recommendations with product, reason and its product are 320, 20 products with 12 recommendations each 660.
 */
export const MAX_COST = 2_000;

const reject = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) => {
      if (context) report(context, message.replace(/^Syntax Error: /, ''));
    },
  ],
};

function report(context: ValidationContext, message: string): void {
  const cause = new AppError('TOO_COMPLEX', message);
  context.reportError(new GraphQLError(message, { originalError: cause }));
}

const maxSelectionsRule: ValidationRule = (context) => ({
  OperationDefinition: (operation) => {
    if (countSelections(context.getDocument(), operation) > MAX_SELECTIONS)
      report(
        context,
        `the operation selects more than ${MAX_SELECTIONS} fields, counting fragments where they are spread`,
      );
    return false;
  },
});

/** Selections of an operation as an executor sees them. Time is linear in the document's size. */
export function countSelections(document: DocumentNode, operation: OperationDefinitionNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const counts = new Map<string, number>();
  const countFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    counts.set(name, 0); // a fragment inside itself is another rule's to refuse
    const fragment = fragments.get(name);
    const count = fragment ? countSet(fragment.selectionSet) : 0;
    counts.set(name, count);
    return count;
  };
  const countSet = ({ selections }: SelectionSetNode): number => {
    let count = 0;
    for (const selection of selections) {
      count += 1;
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += countFragment(selection.name.value);
      else if (selection.selectionSet) count += countSet(selection.selectionSet);
    }
    return Math.min(count, Number.MAX_SAFE_INTEGER);
  };
  return countSet(operation.selectionSet);
}

/** Rules that refuse a document by its shape, before anything runs. */
export const limitRules: ValidationRule[] = [
  maxDepthRule({ n: MAX_DEPTH, flattenFragments: true, ...reject }),
  maxAliasesRule({ n: MAX_ALIASES, ...reject }),
  maxDirectivesRule({ n: MAX_DIRECTIVES, ...reject }),
  maxSelectionsRule,
] as unknown as ValidationRule[];
