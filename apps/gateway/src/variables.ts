import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isListType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';

type Finder = (value: unknown) => boolean;

/**
 * graphql-jit takes a list where an input object is wanted, as an object without fields. graphql-js refuses it, so
 * such variables are left to graphql-js.
 * @returns whether given variables hold such a list; built once for an operation
 */
export function findListsForObjects(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (variables: Readonly<Record<string, unknown>>) => boolean {
  const finders = (operation.variableDefinitions ?? []).flatMap(({ variable, type }) => {
    const finder = finderOf(typeFromAST(schema, type as never) as GraphQLInputType | undefined, new Map());
    return finder ? [[variable.name.value, finder] as const] : [];
  });
  return (variables) => finders.some(([name, find]) => find(variables[name]));
}

/** @returns undefined for types without input objects, whose values need no look */
function finderOf(type: GraphQLInputType | undefined, known: Map<GraphQLInputType, Finder>): Finder | undefined {
  const inner = type && getNullableType(type);
  if (isListType(inner)) {
    const find = finderOf(inner.ofType, known);
    return find && ((value) => (Array.isArray(value) ? value.some(find) : find(value)));
  }
  if (!isInputObjectType(inner)) return undefined;
  const found = known.get(inner);
  if (found) return found;
  const fields: (readonly [string, Finder])[] = [];
  const find: Finder = (value) => {
    if (typeof value !== 'object' || value === null) return false;
    return Array.isArray(value) || fields.some(([name, look]) => look((value as Record<string, unknown>)[name]));
  };
  // Known before its fields are: an input object may hold itself.
  known.set(inner, find);
  for (const field of Object.values(inner.getFields())) {
    const look = finderOf(field.type, known);
    if (look) fields.push([field.name, look]);
  }
  return find;
}
