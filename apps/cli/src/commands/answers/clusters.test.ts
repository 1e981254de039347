import { expect, it } from 'vitest';
import { assignPoints, explainVariance, refineCentroids } from './clusters.ts';

const points = [
  [0, 0],
  [0, 2],
  [10, 0],
  [10, 2],
];

it('assigns each point to the nearest centroid, ties to the first', () => {
  const centroids = [
    [0, 1],
    [10, 1],
    [5, 1],
  ];
  expect(assignPoints(points, centroids)).toEqual([0, 0, 1, 1]);
  expect(assignPoints([[1]], [[0], [2]])).toEqual([0]);
});

it('explains by hand what two centroids explain', () => {
  // Around (5, 1): 4 * 26; around the ends of each side: 4 * 1.
  const centroids = [
    [0, 1],
    [10, 1],
  ];
  expect(explainVariance(points, centroids)).toBeCloseTo(1 - 4 / 104, 12);
  expect(explainVariance(points, [[5, 1]])).toBeCloseTo(0, 12);
  expect(explainVariance([[3], [3]], [[3]])).toBe(1);
});

it('refines centroids until no point moves, and leaves an empty cluster where it is', () => {
  const start = [
    [3, 0],
    [6, 5],
    [100, 100],
  ];
  expect(refineCentroids(points, start)).toEqual([
    [0, 1],
    [10, 1],
    [100, 100],
  ]);
});
