import { runChecks } from '../checks/check.ts';
import { checks } from '../checks/index.ts';

/** `npm run check` */
export async function run(): Promise<number> {
  const { passed, failed } = await runChecks(checks);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
