import { expect, it } from 'vitest';
import { FALSE_ALARMS } from './odds.ts';

it('raises a false alarm in fewer than one run in ten thousand, whatever the seeds', () => {
  const total = Object.values(FALSE_ALARMS).reduce((sum, value) => sum + value, 0);
  expect(total).toBeLessThan(1e-4);
});
