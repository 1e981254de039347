import type { Check } from './check.ts';
import { generatedChecks } from './generated.ts';
import { secretChecks } from './secrets.ts';
import { sourceChecks } from './source.ts';

/** Everything `npm run check` looks at, in the order of what breaks most often. */
export const checks: readonly Check[] = [...sourceChecks, ...generatedChecks, ...secretChecks];
