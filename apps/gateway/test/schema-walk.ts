import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isLeafType,
  isNonNullType,
} from 'graphql';
import { buildSchema } from '../src/schema.ts';

const MAX_DEPTH = 7;

/**
 * A document that asks a root field for all that can be asked of it: every field of every type it may be, as deep as
 * fields without required arguments go.
 * @param args the field's own arguments
 * @param only the one type that is expected of an interface or union
 */
export function writeDocument(root: 'query' | 'mutation', field: string, args: string, only?: string): string {
  const schema = buildSchema();
  const type = root === 'query' ? schema.getQueryType()! : schema.getMutationType()!;
  return `${root} { ${field}${args} ${selectAll(type.getFields()[field]!.type, 1, [], only)} }`;
}

function selectAll(type: GraphQLOutputType, depth: number, above: readonly string[], only?: string): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isAbstractType(named)) {
    const types = buildSchema()
      .getPossibleTypes(named)
      .filter(({ name }) => only === undefined || name === only);
    const parts = types.map((possible) => `... on ${possible.name} { ${selectFields(possible, depth, above, types)} }`);
    return `{ __typename ${parts.join(' ')} }`;
  }
  return `{ ${selectFields(named as GraphQLObjectType, depth, above)} }`;
}

function selectFields(
  type: GraphQLObjectType,
  depth: number,
  above: readonly string[],
  beside: readonly GraphQLObjectType[] = [],
): string {
  const fields = Object.values(type.getFields()).filter((field) => isAskable(field, depth, [...above, type.name]));
  const texts = fields.map((field) => {
    // Types of a union may give one name to different things.
    const isClash = beside.some((other) => `${other.getFields()[field.name]?.type ?? field.type}` !== `${field.type}`);
    const name = isClash ? `${field.name}Of${type.name}: ${field.name}` : field.name;
    return `${name}${shorten(field)} ${selectAll(field.type, depth + 1, [...above, type.name])}`;
  });
  return ['__typename', ...texts].join(' ');
}

function isAskable(field: GraphQLField<unknown, unknown>, depth: number, above: readonly string[]): boolean {
  if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return false;
  const named = getNamedType(field.type);
  return isLeafType(named) || (depth < MAX_DEPTH && !above.includes(named.name));
}

/** Lists inside are short, so that the whole stays within the cost of a query. */
function shorten({ args }: GraphQLField<unknown, unknown>): string {
  return args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
}
