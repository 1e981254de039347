/** One thing that `npm run check` looks at. */
export interface Check {
  readonly name: string;
  /** @returns what is wrong, for a person to act on; empty when nothing is */
  findProblems(): Promise<string>;
}

/** Runs every check, the failing ones included, telling each result as it comes. */
export async function runChecks(checks: readonly Check[]): Promise<{ passed: number; failed: number }> {
  let failed = 0;
  for (const { name, findProblems } of checks) {
    const started = performance.now();
    const problems = (await findProblems()).trim();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (problems) failed++;
    process.stderr.write(`${problems ? '✗' : '✓'} ${name} (${seconds} s)\n${problems ? `${problems}\n` : ''}`);
  }
  return { passed: checks.length - failed, failed };
}
