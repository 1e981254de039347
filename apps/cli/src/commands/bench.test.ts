import { expect, it } from 'vitest';
import { run } from './bench.ts';

it.each([
  [[], 'Which benchmark?'],
  [['warp'], 'There is no benchmark warp.'],
  [['als', 'topk'], 'Name one benchmark, or all.'],
  [['als', '--seconds', '0'], '--seconds 0'],
  [['als', '--second', '1'], "Unknown option '--second'"],
])('says what is wrong with %j and how it is used', async (args, cause) => {
  await expect(run(args)).rejects.toThrow(cause);
  await expect(run(args)).rejects.toThrow('Usage: npm run bench');
});
