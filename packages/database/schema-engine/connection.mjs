import { parseIntoClientConfig } from 'pg-connection-string';

/**
 * What node-postgres connects with, every parameter of the URL among it, and Prisma's own `schema`. An object, not a
 * connection string: node-postgres lets the string override `database`, and a shadow database would be the main one.
 */
export function parseDatabaseUrl(url) {
  const { schema, ...config } = parseIntoClientConfig(url);
  return { config, schema };
}
