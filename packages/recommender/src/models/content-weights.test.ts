import { expect, it } from 'vitest';
import { similarityFeatures } from '../private/content-features.ts';
import { SectionReader } from '../section.ts';
import { ContentWeights } from './content-weights.ts';

const content = {
  categories: [['A'], ['A'], ['B'], ['B']],
  brands: ['x', 'y', 'x', 'y'],
  prices: [null, null, null, null],
  titles: ['', '', '', ''],
};
const scales = Float32Array.of(1, 2, 3, 4);

it('weighs what two items have in common, the rarer the more, by the scale of the target', () => {
  const weights = new ContentWeights(similarityFeatures(content), scales);
  // A category and a brand of two items each: 1/2 for either.
  expect(weights.weightBetween(0, 0)).toBeCloseTo(1);
  expect(weights.weightBetween(0, 1)).toBeCloseTo(0.5 * 2);
  expect(weights.weightBetween(0, 2)).toBeCloseTo(0.5 * 3);
  expect(weights.weightBetween(0, 3)).toBe(0);
});

it('adds up over a history as between pairs, after a file too', () => {
  const written = new ContentWeights(similarityFeatures(content), scales);
  const reader = new SectionReader({ attributes: { featureCount: written.featureCount }, sections: written.encode() });
  for (const weights of [written, ContentWeights.decode(reader, 4)]) {
    const out = new Float32Array(4).fill(1);
    weights.addSource(3, 9);
    weights.clear();
    weights.addSource(0, 1);
    weights.addSource(1, 0.5);
    weights.addScores(out);
    for (const [item, score] of out.entries()) {
      expect(score).toBeCloseTo(1 + weights.weightBetween(0, item) + 0.5 * weights.weightBetween(1, item), 5);
    }
  }
});

it('refuses features out of range', () => {
  const written = new ContentWeights(similarityFeatures(content), scales);
  const reader = new SectionReader({ attributes: { featureCount: 1 }, sections: written.encode() });
  expect(() => ContentWeights.decode(reader, 4)).toThrow(expect.objectContaining({ reason: 'MALFORMED' }));
});
