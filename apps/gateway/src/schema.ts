import './modules/catalogue/schema.ts';
import './modules/events/schema.ts';
import './modules/models/schema.ts';
import './modules/models/subscription.ts';
import './modules/people/schema.ts';
import './modules/placements/schema.ts';
import './modules/privacy/schema.ts';
import './modules/questions/schema.ts';
import './modules/recommendations/schema.ts';
import './modules/segments/schema.ts';
import {
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { builder } from './builder.ts';

let schema: GraphQLSchema | undefined;

/** The executable schema, built once: Pothos collects it in the builder. */
export function buildSchema(): GraphQLSchema {
  schema ??= countObjectsOnly(builder.toSchema({ sortSchema: false }));
  return schema;
}

/** The cost of a query is the objects of its answer: a leaf costs nothing unless its field says otherwise. */
function countObjectsOnly(built: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(built.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const isDefault = field.extensions['complexity'] === 1;
      if (isDefault && isLeafType(getNamedType(field.type))) field.extensions = { ...field.extensions, complexity: 0 };
    }
  }
  return built;
}

/** The schema as text, sorted, as apps/gateway/schema.graphql holds it. */
export function printGatewaySchema(): string {
  return `${printSchema(lexicographicSortSchema(buildSchema()))}\n`;
}
