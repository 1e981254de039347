import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffSchema } from '../local/schema-diff.ts';
import { runNode } from '../processes.ts';
import { root } from '../repository.ts';
import type { Check } from './check.ts';

const KERNELS_BUILD = join(root, 'packages/recommender/build-kernels.mjs');
const SCHEMA_PRINTER = join(root, 'apps/gateway/dist/print-schema.js');
const SCHEMA_FILE = join(root, 'apps/gateway/schema.graphql');

/** What is generated and committed says what it would say if it were generated now. */
export const generatedChecks: readonly Check[] = [
  { name: 'WASM kernels are built from their source', findProblems: findStaleKernels },
  { name: 'schema.graphql is what the gateway serves', findProblems: findStaleSchema },
  { name: 'migrations lead to schema.prisma', findProblems: findMissingMigration },
];

/** Writes them anew. */
export async function regenerate(): Promise<void> {
  const kernels = await runNode(KERNELS_BUILD, [], {});
  if (kernels.exitCode !== 0) throw new Error(`The kernels do not compile:\n${kernels.output}`);
  await printSchema(['--write']);
}

async function findStaleKernels(): Promise<string> {
  const { exitCode, output } = await runNode(KERNELS_BUILD, ['--check']);
  return exitCode === 0 ? '' : output;
}

async function findStaleSchema(): Promise<string> {
  const committed = existsSync(SCHEMA_FILE) ? readFileSync(SCHEMA_FILE, 'utf8') : '';
  return committed === (await printSchema()) ? '' : 'apps/gateway/schema.graphql is stale: run npm run codegen';
}

async function printSchema(args: readonly string[] = []): Promise<string> {
  const { exitCode, stdout, output } = await runNode(SCHEMA_PRINTER, args);
  if (exitCode !== 0) throw new Error(`The gateway's schema cannot be printed:\n${output}`);
  return stdout;
}

async function findMissingMigration(): Promise<string> {
  const sql = await diffSchema();
  return sql ? `prisma/schema.prisma needs a migration (npm run db:migration -- <name>):\n${sql}` : '';
}
