import { describe, expect, it } from 'vitest';
import { RandomSource, randomSource, runWithRandomSource } from './random.ts';
import { chiSquarePValue } from './testing/goodness-of-fit.ts';
import { FALSE_ALARMS, SINGLE_FALSE_ALARM } from './testing/odds.ts';
import { seededRandomSource, withSeededRandom } from './testing/seeded-random.ts';

describe('random source', () => {
  it(`draws uniform integers below any bound (false alarm ${FALSE_ALARMS.uniformIntegers})`, () => {
    const source = seededRandomSource('uniform integers');
    const total = 60_000;
    for (const bound of [2, 3, 1000, 2 ** 32, 2 ** 32 + 12_345, 2 ** 53]) {
      const cells = Math.min(bound, 60);
      const counts = new Int32Array(cells);
      for (let i = 0; i < total; i++) counts[Math.floor((source.below(bound) / bound) * cells)]!++;
      const probabilities = Array.from({ length: cells }, (_, cell) => {
        const edge = (index: number) => Math.ceil((index * bound) / cells);
        return (edge(cell + 1) - edge(cell)) / bound;
      });
      expect(chiSquarePValue({ counts, probabilities, total })).toBeGreaterThan(SINGLE_FALSE_ALARM);
    }
  });

  it('rejects what lies past the bound instead of folding it back', () => {
    // Bytes 5, 6, 7, 4: the mask for 5 is 7, so words 5 to 7 are refused and 4 is taken.
    const words = [5, 6, 7, 4];
    const source = new RandomSource((target) => new Uint32Array(target.buffer).set(words));
    expect(source.below(5)).toBe(4);
    const high = new RandomSource((target) => new Uint32Array(target.buffer).set(words.map((word) => word << 29)));
    expect(high.belowBig(5n)).toBe(4n);
  });

  it('decides a wide coin by its high words, and ties by the low ones', () => {
    // bound 3 * 2^32 has 34 bits: units of 4; the numerator 2^32 + 2 is high word 2^30 and low part 2.
    const decide = (...words: number[]) =>
      new RandomSource((target) => new Uint32Array(target.buffer).set(words)).isBelow(2 ** 32 + 2, 3 * 2 ** 32);
    expect(decide(5)).toBe(true);
    expect(decide(2 ** 31)).toBe(false);
    expect(decide(2 ** 30, 1)).toBe(true);
    expect(decide(2 ** 30, 2)).toBe(false);
    expect(decide(3 * 2 ** 30 + 1, 5)).toBe(true); // past the bound: refused, the next word decides
    expect(decide(3 * 2 ** 30, 3, 5)).toBe(true); // past the bound by its low part
  });

  it('stays below bounds of any size', () => {
    const source = seededRandomSource('large');
    for (const bound of [1n, 2n, 3n, 2n ** 64n, 10n ** 40n + 7n]) {
      for (let i = 0; i < 200; i++) {
        const value = source.belowBig(bound);
        expect(value >= 0n && value < bound).toBe(true);
      }
    }
  });

  it('never repeats bytes after being emptied, as before a snapshot', () => {
    let fills = 0;
    const source = new RandomSource((target) => target.fill(++fills));
    const before = source.uint32();
    source.bit();
    source.discard();
    expect(source.uint32()).not.toBe(before);
    expect(fills).toBe(2);
  });

  it('is secure outside the testing door, and secure again after it', () => {
    const secure = randomSource();
    const seeded = () => withSeededRandom('door', () => randomSource().uint32());
    expect(seeded()).toBe(seeded());
    expect(randomSource()).toBe(secure);
    expect(() => runWithRandomSource(seededRandomSource('x'), () => Promise.resolve())).toThrow(/synchronous/);
    expect(randomSource()).toBe(secure);
    const draws = new Set(Array.from({ length: 64 }, () => secure.uint32()));
    expect(draws.size).toBeGreaterThan(60); // 64 words, four or more repeats: below 1e-25
  });
});
