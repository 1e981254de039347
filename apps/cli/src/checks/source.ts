import { findProgram, runNode } from '../processes.ts';
import { root } from '../repository.ts';
import type { Check } from './check.ts';

/** Compiled for their types alone: what runs does not wait for them. */
const TEST_PROJECTS = ['apps/cli/test', 'apps/gateway/test'];

/** Format, lint and who may import whom; the rules are in biome.json. */
export const sourceChecks: readonly Check[] = [
  { name: 'format and lint', findProblems: () => runBiome(['ci', '--error-on-warnings'], root) },
  { name: 'import boundaries', findProblems: () => findBoundaryProblems(root) },
  { name: 'types', findProblems: findTypeErrors },
];

/** The rooms' rules alone. */
export function findBoundaryProblems(directory: string): Promise<string> {
  const rules = ['--only=style/noRestrictedImports', '--only=suspicious/noImportCycles'];
  return runBiome(['lint', ...rules], directory);
}

async function runBiome(args: readonly string[], directory: string): Promise<string> {
  const biome = findProgram('@biomejs/biome', 'bin/biome');
  const flags = ['--colors=off', '--max-diagnostics=50', '.'];
  const { exitCode, output } = await runNode(biome, [...args, ...flags], { cwd: directory });
  return exitCode === 0 ? '' : output;
}

async function findTypeErrors(): Promise<string> {
  const projects = ['.', ...TEST_PROJECTS];
  const { exitCode, output } = await runNode(findProgram('typescript', 'bin/tsc'), ['-b', ...projects]);
  return exitCode === 0 ? '' : output;
}
