import { describe, expect, it } from 'vitest';
import { createRandom, fillNormal } from '../random.ts';
import { measureTaste } from './signal.ts';

const DEVIATION = 3;

/** Sums of which the share is signal, under noise of variance 9. */
function drawSums(count: number, share: number, seed: number): Float64Array {
  const draw = (deviation: number, own: number) => {
    const values = new Float32Array(count);
    if (deviation > 0) fillNormal(values, deviation, createRandom(own));
    return values;
  };
  const signal = draw(DEVIATION * Math.sqrt(share / (1 - share)), seed);
  return Float64Array.from(draw(DEVIATION, seed + 1_000), (value, at) => value + signal[at]!);
}

describe('measureTaste', () => {
  it('lets taste count by the share of the sums that is signal', () => {
    for (const share of [0.05, 0.1, 0.3, 0.9]) {
      const { taste, isCertain } = measureTaste(drawSums(40_000, share, 1), DEVIATION);
      // The share is off by about sqrt(2 / 40,000) = .007, which moves taste by less than .04 at most.
      expect(Math.abs(taste - share / (share + 0.1))).toBeLessThan(0.08);
      expect(isCertain).toBe(true);
    }
  });

  it('takes no noise for taste', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { taste, isCertain } = measureTaste(drawSums(2_000, 0, seed), DEVIATION);
      expect(isCertain).toBe(false);
      // Five standard errors of the share, sqrt(2 / 2,000) each, are .16.
      expect(taste).toBeLessThan(0.62);
      expect(taste).toBeGreaterThan(0);
    }
  });

  it('knows less of little: what is certain of many sums is not of few', () => {
    expect(measureTaste(drawSums(40_000, 0.05, 7), DEVIATION).isCertain).toBe(true);
    expect(measureTaste(drawSums(400, 0.05, 7), DEVIATION).isCertain).toBe(false);
  });
});
