import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

it('runs so many at once, in order, also after a failure', async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = (index: number) =>
    slots.run(async () => {
      begun.push(index);
      most = Math.max(most, ++running);
      await setImmediate();
      running--;
      if (index === 1) throw new Error('it failed');
      return index;
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect({ most, running }).toEqual({ most: 2, running: 0 });
  expect(await work(7)).toBe(7);
});
