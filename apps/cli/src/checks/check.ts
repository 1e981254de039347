/** One thing that `npm run check` looks at. */
export interface Check {
  readonly name: string;
  /** @returns what is wrong, for a person to act on; empty when nothing is */
  findProblems(): Promise<string>;
}

/** Runs every check, whatever the ones before say, and tells each result as it comes. */
export async function runChecks(
  checks: readonly Check[],
  write: (text: string) => void = (text) => process.stderr.write(text),
): Promise<{ passed: number; failed: number }> {
  let failed = 0;
  for (const check of checks) {
    const started = performance.now();
    const problems = await run(check);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (problems) failed++;
    write(`${problems ? '✗' : '✓'} ${check.name} (${seconds} s)\n${problems ? `${problems}\n` : ''}`);
  }
  return { passed: checks.length - failed, failed };
}

/** A check that cannot be carried out has failed, and does not keep the others from running. */
async function run(check: Check): Promise<string> {
  try {
    return (await check.findProblems()).trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
