import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printGatewaySchema } from './schema.ts';

/** Writes apps/gateway/schema.graphql; with --check it writes nothing and exits 1 when the file is out of date. */
const file = join(import.meta.dirname, '..', 'schema.graphql');
const printed = printGatewaySchema();

if (!process.argv.includes('--check')) writeFileSync(file, printed);
else if (readFileSync(file, 'utf8') !== printed) {
  process.stderr.write('apps/gateway/schema.graphql is out of date: run npm run codegen\n');
  process.exitCode = 1;
}
