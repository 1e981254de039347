import { join } from 'node:path';
import { diffSchema } from '../local/schema-diff.ts';
import { runNode } from '../processes.ts';
import { root } from '../repository.ts';
import type { Check } from './check.ts';

const KERNELS_BUILD = join(root, 'packages/recommender/build-kernels.mjs');
const SCHEMA_PRINTER = join(root, 'apps/gateway/dist/print-schema.js');

/** What is generated and committed says what it would say if it were generated now. */
export const generatedChecks: readonly Check[] = [
  { name: 'WASM kernels are built from their source', findProblems: () => findStale(KERNELS_BUILD) },
  { name: 'schema.graphql is what the gateway serves', findProblems: () => findStale(SCHEMA_PRINTER) },
  { name: 'migrations lead to schema.prisma', findProblems: findMissingMigration },
];

/** Writes them anew. */
export async function regenerate(): Promise<void> {
  for (const generator of [KERNELS_BUILD, SCHEMA_PRINTER]) {
    const { exitCode, output } = await runNode(generator, []);
    if (exitCode !== 0) throw new Error(`${generator} ended with code ${exitCode}:\n${output}`);
  }
}

async function findStale(generator: string): Promise<string> {
  const { exitCode, output } = await runNode(generator, ['--check']);
  return exitCode === 0 ? '' : output || `${generator} --check ended with code ${exitCode}`;
}

async function findMissingMigration(): Promise<string> {
  const sql = await diffSchema();
  return sql ? `prisma/schema.prisma needs a migration (npm run db:migration -- <name>):\n${sql}` : '';
}
