import type { Check } from './check.ts';
import { sourceChecks } from './source.ts';

export const checks: readonly Check[] = [...sourceChecks];
