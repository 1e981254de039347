import { expect, it } from 'vitest';
import { countTests } from './test-report.ts';

const passed = { status: 'passed', assertionResults: [{ status: 'passed' }] };
const report = { numPassedTests: 1, numFailedTests: 0, numPendingTests: 0, testResults: [passed] };

it('counts tests', () => {
  const failed = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] };
  const run = { numPassedTests: 2, numFailedTests: 1, numPendingTests: 3, testResults: [passed, failed] };
  expect(countTests(run, 1)).toEqual({ passed: 2, failed: 1, skipped: 3 });
});

it('counts a file that fails outside its tests', () => {
  const unloadable = { status: 'failed', assertionResults: [] };
  const leaking = { status: 'failed', assertionResults: [{ status: 'passed' }] };
  expect(countTests({ ...report, testResults: [passed, unloadable, leaking] }, 1)).toMatchObject({ failed: 2 });
});

it('loses no failure of the run itself', () => {
  expect(countTests(report, 1), 'an unhandled error').toMatchObject({ passed: 1, failed: 1 });
  expect(countTests(undefined, 1), 'no report').toMatchObject({ passed: 0, failed: 1 });
  expect(countTests(report, 0)).toMatchObject({ failed: 0 });
});
