import { describe, expect, it } from 'vitest';
import { createContext } from '../testing/checkerboard.ts';
import { TrainingCancelled } from '../trainer.ts';
import { DRAWS_PER_CHUNK, drawNoise } from './noise.ts';

const VARIANCE = 400n;

describe.each([1, 2])('noise by %i threads', (threads) => {
  it('comes once on every whole number', async () => {
    // Enough to be worth threads, and no whole number of chunks.
    const count = 31 * DRAWS_PER_CHUNK + 17;
    const sums = Float64Array.from({ length: count }, (_, index) => 10 * index);
    const noisy = await drawNoise(sums, VARIANCE, { ...createContext(), threads });
    expect(noisy).toHaveLength(count);
    let total = 0;
    let squares = 0;
    let whole = 0;
    for (let index = 0; index < count; index++) {
      const noise = noisy[index]! - 10 * index;
      if (Number.isSafeInteger(noise)) whole++;
      total += noise;
      squares += noise * noise;
    }
    expect(whole).toBe(count);
    // Mean 0 and variance 400 of about a million draws: five standard errors, sqrt(400 / n) and 400 sqrt(2 / n), are
    // passed by chance fewer than 2 times in a million runs. Noise drawn twice or left out somewhere would be far beyond
    // when it is more than a percent of all.
    expect(Math.abs(total / count)).toBeLessThan(5 * Math.sqrt(400 / count));
    expect(Math.abs(squares / count - 400)).toBeLessThan(5 * 400 * Math.sqrt(2 / count));
  });

  it('gives nothing when it is cancelled', async () => {
    const context = { ...createContext(), threads };
    context.cancel();
    await expect(drawNoise(new Float64Array(1_000_000), VARIANCE, context)).rejects.toThrow(TrainingCancelled);
  });
});
