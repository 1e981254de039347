import { findProgram, runNode } from '../processes.ts';
import { root } from '../repository.ts';
import type { Check } from './check.ts';

/** Format, lint and who may import whom; the rules are in biome.json. */
export const sourceChecks: readonly Check[] = [
  { name: 'format and lint', findProblems: () => findBiomeProblems(['ci', '--error-on-warnings']) },
  {
    name: 'import boundaries',
    findProblems: () =>
      findBiomeProblems(['lint', '--only=style/noRestrictedImports', '--only=suspicious/noImportCycles']),
  },
  { name: 'types', findProblems: findTypeErrors },
];

export async function findBiomeProblems(args: readonly string[], directory = root): Promise<string> {
  const biome = findProgram('@biomejs/biome', 'bin/biome');
  const { exitCode, output } = await runNode(biome, [...args, '--colors=off', '--max-diagnostics=50', '.'], {
    cwd: directory,
  });
  return exitCode === 0 ? '' : output;
}

async function findTypeErrors(): Promise<string> {
  const { exitCode, output } = await runNode(findProgram('typescript', 'bin/tsc'), ['-b']);
  return exitCode === 0 ? '' : output;
}
