import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installBrowser } from '../browser.ts';
import { runChecks } from '../checks/check.ts';
import { checks } from '../checks/index.ts';
import { findProgram, runNode } from '../processes.ts';
import { countTests, type TestReport } from '../test-report.ts';

/** `npm test`: every check, then every test; the last line is `N passed, N failed`. Arguments go to vitest. */
export async function run(args: string[]): Promise<number> {
  installBrowser();
  const checked = await runChecks(checks);
  const tested = await runTests(args);
  const passed = checked.passed + tested.passed;
  const failed = checked.failed + tested.failed;
  if (tested.skipped > 0) process.stdout.write(`${tested.skipped} skipped: each says why above\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function runTests(args: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'sotto-test-report-'));
  const reportFile = join(directory, 'report.json');
  try {
    const { exitCode } = await runNode(
      findProgram('vitest', 'vitest.mjs'),
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...args],
      { isInherited: true },
    );
    // vitest that does not come up writes no report: that is a failure too.
    const report = await readFile(reportFile, 'utf8').catch(() => undefined);
    return countTests(report ? (JSON.parse(report) as TestReport) : undefined, exitCode);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
